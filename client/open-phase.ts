import { CLIENT_SILENCE_MS, PING } from "../src/protocol/socket/heartbeat.ts";
import type { Hello } from "../src/protocol/socket/server-message.ts";
import type { LogId } from "../src/protocol/words/log-id.ts";
import type { Cursor } from "../src/protocol/words/time.ts";
import { deliverMessage } from "./deliver.ts";
import { connect, fail, withPhase } from "./enter.ts";
import type { Effect, Moment, OpenPhase, Place, Received, Step, TapeState } from "./state.ts";

/** A connection this old has shown that it works: the next failure starts the backoff anew. */
const STABLE_MS = 10_000;
/**
 * An `ack` that is due for its bytes is never late; this is for the quiet room, so that its window empties too. Seldom, for each
 * ack wakes an object that sleeps, and is billed.
 */
const ACK_AFTER_MS = 5_000;
/** A timer this late means that the machine slept, or the page was frozen: the socket is not worth waiting for. */
const SLEPT_MS = 5_000;

/** `hello` has come: the room replays what came after the cursor, or sends its snapshot. */
export function opened(state: TapeState, socketId: number, hello: Hello, nowMs: number): Step {
  // A room of before 2026-11-26 has no log id.
  const log = hello.log ?? null;
  const phase: OpenPhase = {
    name: "open",
    socketId,
    log,
    stage: "catching-up",
    openedAtMs: nowMs,
    heardAtMs: nowMs,
    pingEveryMs: hello.heartbeat_ms,
    pingAtMs: nowMs + hello.heartbeat_ms,
    unackedLength: 0,
    // The window counts bytes and we count UTF-16 units, of at most 3 bytes each in UTF-8: at a sixth of the window
    // in units no text can have passed half of it in bytes.
    ackEveryLength: Math.max(1, Math.floor(hello.window / 6)),
    ackAtMs: Number.POSITIVE_INFINITY,
  };
  return withPhase({ ...state, place: placeAtHello(state.place, hello, log) }, phase);
}

/**
 * A cursor ahead of the log counts as its newest one (SPEC C-3): what comes from there on is new. Of a cursor that went with
 * its log the room says so itself, by a gap (SPEC C-6).
 */
function placeAtHello(place: Place, hello: Hello, log: LogId | null): Place {
  if (place.cursor === null || (place.log !== null && log !== null)) return place;
  return { ...place, cursor: Math.min(place.cursor, hello.cursor) as Cursor };
}

/** A message on the open socket. */
export function heard(
  state: TapeState,
  phase: OpenPhase,
  received: Received,
  moment: Moment,
): Step {
  const { nowMs } = moment;
  if (received.kind === "broken") return fail(state, moment, [closing(phase)]);
  const listening: OpenPhase = {
    ...phase,
    heardAtMs: nowMs,
    unackedLength: phase.unackedLength + received.length,
    ackAtMs: Math.min(phase.ackAtMs, nowMs + ACK_AFTER_MS),
  };
  if (received.kind !== "delivery") return keepUp(state, phase.socketId, listening, nowMs, []);
  const { place, effects } = deliverMessage(state.place, received.message, phase.log);
  const { type } = received.message;
  // Without a cursor there is nothing to replay; after a gap a snapshot comes in the middle of a replay.
  const isLive = type === "caught_up" || (type === "snapshot" && state.place.cursor === null);
  return keepUp(
    { ...state, place },
    phase.socketId,
    { ...listening, stage: isLive ? "live" : phase.stage },
    nowMs,
    effects,
  );
}

/** Time has passed on the open socket. */
export function passed(state: TapeState, phase: OpenPhase, lateMs: number, moment: Moment): Step {
  if (moment.nowMs - phase.heardAtMs >= CLIENT_SILENCE_MS) {
    return lateMs >= SLEPT_MS
      ? connect(state, moment.nowMs, [closing(phase)])
      : fail(state, moment, [closing(phase)]);
  }
  return keepUp(state, phase.socketId, phase, moment.nowMs, []);
}

/** The page was shown or the network came back: a socket that has been silent for long is given up at once. */
export function checked(state: TapeState, phase: OpenPhase, nowMs: number): Step {
  if (nowMs - phase.heardAtMs >= CLIENT_SILENCE_MS) return connect(state, nowMs, [closing(phase)]);
  return keepUp(state, phase.socketId, { ...phase, pingAtMs: nowMs }, nowMs, []);
}

/** The next moment at which the open socket needs attention. */
export function openWakeMs(state: TapeState, phase: OpenPhase): number {
  const stableAtMs = state.failures > 0 ? phase.openedAtMs + STABLE_MS : Number.POSITIVE_INFINITY;
  return Math.min(phase.heardAtMs + CLIENT_SILENCE_MS, phase.pingAtMs, phase.ackAtMs, stableAtMs);
}

export function closing(phase: { socketId: number }): Effect {
  return { type: "closeSocket", socketId: phase.socketId };
}

/**
 * Do what is due on a living socket: ack, ping, forget old failures. It runs on messages as well as on ticks, because
 * browsers slow the timers of a hidden page down to one a minute, but not the messages of its sockets.
 */
function keepUp(
  state: TapeState,
  socketId: number,
  phase: OpenPhase,
  nowMs: number,
  effects: Effect[],
): Step {
  let next = phase;
  const sends: Effect[] = [];
  if (next.unackedLength >= next.ackEveryLength || nowMs >= next.ackAtMs) {
    next = { ...next, unackedLength: 0, ackAtMs: Number.POSITIVE_INFINITY };
    const { cursor } = state.place;
    if (cursor !== null) {
      const text = JSON.stringify({ type: "ack", cursor });
      sends.push({ type: "send", socketId, text });
    }
  }
  if (nowMs >= next.pingAtMs) {
    next = { ...next, pingAtMs: nowMs + next.pingEveryMs };
    sends.push({ type: "send", socketId, text: PING });
  }
  const failures = nowMs - next.openedAtMs >= STABLE_MS ? 0 : state.failures;
  return { state: { ...state, failures, phase: next }, effects: [...effects, ...sends] };
}
