import { mayReturn } from "../src/protocol/socket/close-codes.ts";
import { backoffMs } from "./backoff.ts";
import type { ClosedBecause, Effect, Moment, Phase, Step, TapeState } from "./state.ts";

/** A socket that has not said `hello` by then counts as failed. */
export const CONNECT_TIMEOUT_MS = 8_000;
/** Failures in a row after which the tape falls back to polling. */
const FAILURES_BEFORE_POLLING = 3;
/** A browser that says "offline" can be wrong (a server on loopback, a VPN): look again this often. */
const OFFLINE_RETRY_MS = 30_000;
/** How long the server is asked to hold a poll, and how much longer an answer may take. */
export const POLL_WAIT_S = 20;
const POLL_TIMEOUT_MS = POLL_WAIT_S * 1_000 + 10_000;

export function stay(state: TapeState): Step {
  return { state, effects: [] };
}

/** The state in another phase. */
export function withPhase(state: TapeState, phase: Phase, effects: Effect[] = []): Step {
  return { state: { ...state, phase }, effects };
}

/** Ask for a socket that continues at the place. */
export function connect(state: TapeState, nowMs: number, effects: Effect[] = []): Step {
  const socketId = state.nextId;
  const attempt = { socketId, since: state.place, deadlineMs: nowMs + CONNECT_TIMEOUT_MS };
  return {
    state: { ...state, nextId: socketId + 1, phase: { name: "connecting", ...attempt } },
    effects: [...effects, { type: "openSocket", socketId, since: state.place }],
  };
}

/** An attempt or a connection ended in a way that allows another: what comes next. */
export function fail(state: TapeState, moment: Moment, effects: Effect[] = []): Step {
  const failed = { ...state, failures: state.failures + 1 };
  if (!failed.online) return goOffline(failed, moment.nowMs, effects);
  if (failed.failures >= FAILURES_BEFORE_POLLING) return startPolling(failed, moment, effects);
  return wait(failed, moment, effects);
}

/** The network is well and the consumer is not: bring it the same again after a while, by the same way. */
export function again(state: TapeState, moment: Moment, effects: Effect[]): Step {
  return wait({ ...state, failures: state.failures + 1 }, moment, effects);
}

export function wait(state: TapeState, moment: Moment, effects: Effect[] = []): Step {
  const retryAtMs = moment.nowMs + backoffMs(state.failures, moment.random);
  return withPhase(state, { name: "waiting", retryAtMs, attempt: state.failures }, effects);
}

export function goOffline(state: TapeState, nowMs: number, effects: Effect[] = []): Step {
  return withPhase(state, { name: "offline", retryAtMs: nowMs + OFFLINE_RETRY_MS }, effects);
}

export function close(state: TapeState, because: ClosedBecause, effects: Effect[] = []): Step {
  return withPhase(state, { name: "closed", because }, effects);
}

/** The socket of an attempt or connection closed: the code says whether to come back (SPEC X-1). */
export function afterClose(
  state: TapeState,
  closed: { code: number; reason: string },
  moment: Moment,
): Step {
  if (mayReturn(closed.code)) return fail(state, moment);
  return close(state, { by: "room", code: closed.code, reason: closed.reason });
}

function startPolling(state: TapeState, moment: Moment, effects: Effect[]): Step {
  const phase: Phase = {
    name: "polling",
    poll: null,
    nextPollAtMs: moment.nowMs,
    answered: false,
    probe: null,
    probeAtMs: moment.nowMs + backoffMs(state.failures, moment.random),
  };
  const step = poll({ ...state, phase }, moment.nowMs);
  return { state: step.state, effects: [...effects, ...step.effects] };
}

/** Ask for what came after the cursor, where the phase is polling and nothing is asked already. */
export function poll(state: TapeState, nowMs: number): Step {
  if (state.phase.name !== "polling" || state.phase.poll !== null) return stay(state);
  const pollId = state.nextId;
  const asked = { pollId, startedAtMs: nowMs, deadlineMs: nowMs + POLL_TIMEOUT_MS };
  return {
    state: { ...state, nextId: pollId + 1, phase: { ...state.phase, poll: asked } },
    effects: [{ type: "poll", pollId, since: state.place }],
  };
}
