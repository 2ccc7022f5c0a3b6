import type { ClosedBecause, TapeState } from "./state.ts";

/** The state of a connection as a person reads it: `words` are "live", "reconnecting in 4 s". */
export type Status =
  | {
      kind: "idle" | "connecting" | "catching-up" | "live" | "reconnecting" | "polling" | "offline";
      words: string;
    }
  | { kind: "closed"; words: string; because: ClosedBecause };

/** The state in words at `nowMs`. */
export function statusOf(state: TapeState, nowMs: number): Status {
  const { phase } = state;
  switch (phase.name) {
    case "idle":
      return { kind: "idle", words: "not connected" };
    case "connecting":
      // The first attempt connects, though a cursor was handed in.
      return phase.socketId === 1
        ? { kind: "connecting", words: "connecting" }
        : { kind: "reconnecting", words: "reconnecting now" };
    case "open":
      return phase.stage === "live"
        ? { kind: "live", words: "live" }
        : { kind: "catching-up", words: "catching up" };
    case "waiting":
      return {
        kind: "reconnecting",
        words: `reconnecting in ${secondsUntil(phase.retryAtMs, nowMs)} s`,
      };
    case "polling":
      return phase.answered
        ? { kind: "polling", words: "polling" }
        : { kind: "reconnecting", words: "reconnecting now" };
    case "offline":
      return { kind: "offline", words: "offline" };
    case "closed":
      return { kind: "closed", words: closedWords(phase.because), because: phase.because };
    default:
      return phase satisfies never;
  }
}

function secondsUntil(atMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((atMs - nowMs) / 1_000));
}

function closedWords(because: ClosedBecause): string {
  switch (because.by) {
    case "consumer":
      return "closed";
    case "room":
      return `closed: ${because.reason || `code ${because.code}`}`;
    case "http":
      return because.status === 401
        ? "closed: a token is needed"
        : `closed: HTTP ${because.status}`;
    default:
      return because satisfies never;
  }
}
