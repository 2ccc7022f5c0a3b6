import type { PollAnswer } from "../src/protocol/answers/answers.ts";
import { mayReturn } from "../src/protocol/socket/close-codes.ts";
import { backoffMs } from "./backoff.ts";
import { deliverAnswer } from "./deliver.ts";
import { CONNECT_TIMEOUT_MS, close, connect, poll, stay, wait, withPhase } from "./enter.ts";
import { closing, opened } from "./open-phase.ts";
import type { Effect, Moment, PollingPhase, Received, Step, TapeState } from "./state.ts";

/** Between the starts of two polls where the first brought something: enough to bundle a busy room's events. */
const BUSY_POLL_MS = 250;
/** The same where it brought nothing, for a server that does not hold polls. */
const QUIET_POLL_MS = 1_000;
/** The same request would be refused again. */
const FINAL_STATUSES: readonly number[] = [400, 401, 403, 404];

/** The poll of this phase was answered. */
export function pollAnswered(
  state: TapeState,
  phase: PollingPhase,
  event: { pollId: number; answer: PollAnswer },
  moment: Moment,
): Step {
  if (phase.poll?.pollId !== event.pollId) return stay(state);
  const { place, effects } = deliverAnswer(state.place, event.answer);
  const spacingMs = event.answer.events.length > 0 ? BUSY_POLL_MS : QUIET_POLL_MS;
  const next: PollingPhase = {
    ...phase,
    poll: null,
    answered: true,
    nextPollAtMs: Math.max(moment.nowMs, phase.poll.startedAtMs + spacingMs),
  };
  return { state: { ...state, place, phase: next }, effects };
}

/** The poll of this phase failed: nothing works, so wait and begin with the socket again. */
export function pollFailed(
  state: TapeState,
  phase: PollingPhase,
  event: { pollId: number; status: number | null },
  moment: Moment,
): Step {
  if (phase.poll?.pollId !== event.pollId) return stay(state);
  const effects = phase.probe === null ? [] : [closing(phase.probe)];
  if (event.status !== null && FINAL_STATUSES.includes(event.status)) {
    return close(state, { by: "http", status: event.status }, effects);
  }
  return wait(state, moment, effects);
}

/** A word on the probing socket. */
export function probeHeard(
  state: TapeState,
  phase: PollingPhase,
  event: { socketId: number; received: Received },
  moment: Moment,
): Step {
  const { probe } = phase;
  if (probe === null || probe.socketId !== event.socketId) return stay(state);
  if (event.received.kind === "pong") return stay(state);
  if (event.received.kind !== "hello") return probeFailed(state, phase, moment, [closing(probe)]);
  const cancelled = cancelling(phase);
  // A poll has moved the cursor since the probe was sent: what the socket replays may join, in one frame, events on
  // both sides of the cursor. So ask once more, from where we stand; polling has stopped, so this time it fits.
  const { cursor, log } = state.place;
  if (probe.since.cursor !== cursor || probe.since.log !== log) {
    return connect(state, moment.nowMs, [...cancelled, closing(probe)]);
  }
  const step = opened(state, probe.socketId, event.received.message, moment.nowMs);
  return { state: step.state, effects: [...cancelled, ...step.effects] };
}

/** The probing socket closed. */
export function probeClosed(
  state: TapeState,
  phase: PollingPhase,
  event: { socketId: number; code: number; reason: string },
  moment: Moment,
): Step {
  if (phase.probe?.socketId !== event.socketId) return stay(state);
  if (mayReturn(event.code)) return probeFailed(state, phase, moment, []);
  const because = { by: "room", code: event.code, reason: event.reason } as const;
  return close(state, because, cancelling(phase));
}

/** Time has passed: give up what took too long, send what is due. */
export function pollingTick(state: TapeState, phase: PollingPhase, moment: Moment): Step {
  const { nowMs } = moment;
  if (phase.poll !== null && nowMs >= phase.poll.deadlineMs) {
    const probing = phase.probe === null ? [] : [closing(phase.probe)];
    return wait(state, moment, [...cancelling(phase), ...probing]);
  }
  if (phase.probe !== null && nowMs >= phase.probe.deadlineMs) {
    return probeFailed(state, phase, moment, [closing(phase.probe)]);
  }
  if (phase.probe === null && nowMs >= phase.probeAtMs) return probe(state, phase, nowMs);
  if (phase.poll === null && nowMs >= phase.nextPollAtMs) return poll(state, nowMs);
  return stay(state);
}

/** Look for a way back to the socket now, where no probe is under way. */
export function probe(state: TapeState, phase: PollingPhase, nowMs: number): Step {
  if (phase.probe !== null) return stay(state);
  const socketId = state.nextId;
  const attempt = { socketId, since: state.place, deadlineMs: nowMs + CONNECT_TIMEOUT_MS };
  return {
    state: { ...state, nextId: socketId + 1, phase: { ...phase, probe: attempt } },
    effects: [{ type: "openSocket", socketId, since: state.place }],
  };
}

/** The next moment at which polling needs attention. */
export function pollingWakeMs(phase: PollingPhase): number {
  return Math.min(
    phase.poll?.deadlineMs ?? phase.nextPollAtMs,
    phase.probe?.deadlineMs ?? phase.probeAtMs,
  );
}

export function cancelling(phase: PollingPhase): Effect[] {
  return phase.poll === null ? [] : [{ type: "cancelPoll", pollId: phase.poll.pollId }];
}

function probeFailed(
  state: TapeState,
  phase: PollingPhase,
  moment: Moment,
  effects: Effect[],
): Step {
  const failures = state.failures + 1;
  const probeAtMs = moment.nowMs + backoffMs(failures, moment.random);
  return withPhase({ ...state, failures }, { ...phase, probe: null, probeAtMs }, effects);
}
