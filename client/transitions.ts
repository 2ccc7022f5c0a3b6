import { afterClose, again, close, connect, fail, goOffline, stay } from "./enter.ts";
import { checked, closing, heard, opened, openWakeMs, passed } from "./open-phase.ts";
import {
  cancelling,
  pollAnswered,
  pollFailed,
  pollingTick,
  pollingWakeMs,
  probe,
  probeClosed,
  probeHeard,
} from "./polling-phase.ts";
import type {
  Moment,
  PhaseName,
  PhaseOf,
  Place,
  Step,
  TapeEvent,
  TapeEventOf,
  TapeEventType,
  TapeState,
} from "./state.ts";

type Transition<N extends PhaseName, T extends TapeEventType> = (
  state: TapeState,
  phase: PhaseOf<N>,
  event: TapeEventOf<T>,
  moment: Moment,
) => Step;

/** Every phase by every event: the compiler asks for each cell, so nothing is forgotten by default. */
type Table = { [N in PhaseName]: { [T in TapeEventType]: Transition<N, T> } };

const closedByConsumer = { by: "consumer" } as const;
const online = (state: TapeState): TapeState => ({ ...state, online: true });
const offline = (state: TapeState): TapeState => ({ ...state, online: false });
/** Nothing is open that could bring more, and what is asked for next continues where the consumer is. */
const rewound = (state: TapeState, _phase: unknown, { place }: { place: Place }): Step =>
  stay({ ...state, place });

const TABLE: Table = {
  idle: {
    start: (state, _phase, _event, { nowMs }) => connect(state, nowMs),
    close: (state) => close(state, closedByConsumer),
    socketMessage: stay,
    socketClosed: stay,
    pollAnswered: stay,
    pollFailed: stay,
    consumerThrew: rewound,
    tick: stay,
    woke: stay,
    wentOnline: (state) => stay(online(state)),
    wentOffline: (state) => stay(offline(state)),
  },
  connecting: {
    start: stay,
    close: (state, phase) => close(state, closedByConsumer, [closing(phase)]),
    socketMessage: (state, phase, event, moment) => {
      if (event.socketId !== phase.socketId || event.received.kind === "pong") return stay(state);
      if (event.received.kind === "hello") {
        return opened(state, phase.socketId, event.received.message, moment.nowMs);
      }
      // The room speaks before `hello`: whatever it was may have held events, so it must not be passed over.
      return fail(state, moment, [closing(phase)]);
    },
    socketClosed: (state, phase, event, moment) =>
      event.socketId === phase.socketId ? afterClose(state, event, moment) : stay(state),
    pollAnswered: stay,
    pollFailed: stay,
    consumerThrew: (state, phase, { place }, moment) =>
      again({ ...state, place }, moment, [closing(phase)]),
    tick: (state, phase, _event, moment) =>
      moment.nowMs >= phase.deadlineMs ? fail(state, moment, [closing(phase)]) : stay(state),
    woke: stay,
    wentOnline: (state) => stay(online(state)),
    wentOffline: (state, phase, _event, { nowMs }) =>
      goOffline(offline(state), nowMs, [closing(phase)]),
  },
  open: {
    start: stay,
    close: (state, phase) => close(state, closedByConsumer, [closing(phase)]),
    socketMessage: (state, phase, event, moment) =>
      event.socketId === phase.socketId ? heard(state, phase, event.received, moment) : stay(state),
    socketClosed: (state, phase, event, moment) =>
      event.socketId === phase.socketId ? afterClose(state, event, moment) : stay(state),
    pollAnswered: stay,
    pollFailed: stay,
    consumerThrew: (state, phase, { place }, moment) =>
      again({ ...state, place }, moment, [closing(phase)]),
    tick: (state, phase, event, moment) => passed(state, phase, event.lateMs, moment),
    woke: (state, phase, _event, { nowMs }) => checked(state, phase, nowMs),
    wentOnline: (state, phase, _event, { nowMs }) => checked(online(state), phase, nowMs),
    // The socket may well survive (loopback, another interface): its silence is the truth, not the browser's word.
    wentOffline: (state) => stay(offline(state)),
  },
  waiting: {
    start: stay,
    close: (state) => close(state, closedByConsumer),
    socketMessage: stay,
    socketClosed: stay,
    pollAnswered: stay,
    pollFailed: stay,
    consumerThrew: rewound,
    tick: (state, phase, _event, { nowMs }) =>
      nowMs >= phase.retryAtMs ? connect(state, nowMs) : stay(state),
    woke: (state, _phase, _event, { nowMs }) => connect(state, nowMs),
    wentOnline: (state, _phase, _event, { nowMs }) => connect(online(state), nowMs),
    wentOffline: (state, _phase, _event, { nowMs }) => goOffline(offline(state), nowMs),
  },
  polling: {
    start: stay,
    close: (state, phase) => {
      const probing = phase.probe === null ? [] : [closing(phase.probe)];
      return close(state, closedByConsumer, [...cancelling(phase), ...probing]);
    },
    socketMessage: probeHeard,
    socketClosed: probeClosed,
    pollAnswered,
    pollFailed,
    consumerThrew: (state, phase, { place }, moment) => {
      const probing = phase.probe === null ? [] : [closing(phase.probe)];
      return again({ ...state, place }, moment, [...cancelling(phase), ...probing]);
    },
    tick: (state, phase, _event, moment) => pollingTick(state, phase, moment),
    woke: (state, phase, _event, { nowMs }) => probe(state, phase, nowMs),
    wentOnline: (state, phase, _event, { nowMs }) => probe(online(state), phase, nowMs),
    wentOffline: (state, phase, _event, { nowMs }) => {
      const probing = phase.probe === null ? [] : [closing(phase.probe)];
      return goOffline(offline(state), nowMs, [...cancelling(phase), ...probing]);
    },
  },
  offline: {
    start: stay,
    close: (state) => close(state, closedByConsumer),
    socketMessage: stay,
    socketClosed: stay,
    pollAnswered: stay,
    pollFailed: stay,
    consumerThrew: rewound,
    tick: (state, phase, _event, { nowMs }) =>
      nowMs >= phase.retryAtMs ? connect(state, nowMs) : stay(state),
    woke: (state, _phase, _event, { nowMs }) => connect(state, nowMs),
    wentOnline: (state, _phase, _event, { nowMs }) => connect(online(state), nowMs),
    wentOffline: stay,
  },
  closed: {
    start: stay,
    close: stay,
    socketMessage: stay,
    socketClosed: stay,
    pollAnswered: stay,
    pollFailed: stay,
    consumerThrew: stay,
    tick: stay,
    woke: stay,
    wentOnline: stay,
    wentOffline: stay,
  },
};

/** The next state and what is to be done about it. Pure: clock and chance come with `moment`. */
export function reduce(state: TapeState, event: TapeEvent, moment: Moment): Step {
  // Phase and event choose the cell, so the cell fits both; TypeScript cannot follow two unions at once.
  const cell = TABLE[state.phase.name][event.type] as Transition<PhaseName, TapeEventType>;
  return cell(state, state.phase, event, moment);
}

/** When the state next wants a `tick`, in ms of the shell's clock; infinity where nothing is due. */
export function nextWakeMs(state: TapeState): number {
  const { phase } = state;
  switch (phase.name) {
    case "connecting":
      return phase.deadlineMs;
    case "open":
      return openWakeMs(state, phase);
    case "waiting":
    case "offline":
      return phase.retryAtMs;
    case "polling":
      return pollingWakeMs(phase);
    case "idle":
    case "closed":
      return Number.POSITIVE_INFINITY;
    default:
      return phase satisfies never;
  }
}
