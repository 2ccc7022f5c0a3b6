import type { PollAnswer } from "../src/protocol/answers/answers.ts";
import type {
  BarMessage,
  CaughtUp,
  ErrorMessage,
  EventsMessage,
  Gap,
  Hello,
  ServerMessage,
  Snapshot,
} from "../src/protocol/socket/server-message.ts";
import type { LogId } from "../src/protocol/words/log-id.ts";
import type { Cursor } from "../src/protocol/words/time.ts";

/**
 * What a consumer is handed, in order: every event after its cursor once, or a `gap` that says what is missing.
 * `snapshot` and `bar` carry values, not positions, and may repeat.
 */
export type Delivery = Snapshot | EventsMessage | BarMessage | CaughtUp | Gap | ErrorMessage;

/** Why the tape will not come back by itself. */
export type ClosedBecause =
  | { by: "consumer" }
  | { by: "room"; code: number; reason: string }
  | { by: "http"; status: number };

/** Where a consumer stands: to be kept with what it made of the deliveries, and given back as `since` and `log`. */
export interface Place {
  /** Everything up to here has been delivered. Null until the first position is known. */
  cursor: Cursor | null;
  /** The life of the log that the cursor is of; null where nobody has said it. */
  log: LogId | null;
}

/** A socket that was asked for and has not said `hello`. `since` is what it was asked to continue from. */
interface Attempt {
  socketId: number;
  since: Place;
  deadlineMs: number;
}

/** A socket past `hello`. All moments are of the clock the shell hands in. */
export interface OpenPhase {
  name: "open";
  socketId: number;
  /** The log that the room has now, as `hello` said. The place is of it from the first delivery on. */
  log: LogId | null;
  stage: "catching-up" | "live";
  openedAtMs: number;
  heardAtMs: number;
  pingEveryMs: number;
  pingAtMs: number;
  /** Characters received since the last `ack`, and how many may pile up before the next. */
  unackedLength: number;
  ackEveryLength: number;
  ackAtMs: number;
}

/** The fallback: one long poll at a time, and now and then a probe for a way back to the socket. */
export interface PollingPhase {
  name: "polling";
  poll: { pollId: number; startedAtMs: number; deadlineMs: number } | null;
  nextPollAtMs: number;
  /** Whether any poll of this phase was answered: before that nobody knows that polling works. */
  answered: boolean;
  probe: Attempt | null;
  probeAtMs: number;
}

export type Phase =
  | { name: "idle" }
  | ({ name: "connecting" } & Attempt)
  | OpenPhase
  | { name: "waiting"; retryAtMs: number; attempt: number }
  | PollingPhase
  | { name: "offline"; retryAtMs: number }
  | { name: "closed"; because: ClosedBecause };

export type PhaseName = Phase["name"];
export type PhaseOf<N extends PhaseName> = Extract<Phase, { name: N }>;

export interface TapeState {
  place: Place;
  /** Attempts that failed in a row; back to 0 once a connection has been stable. */
  failures: number;
  /** What the browser says about the network. */
  online: boolean;
  nextId: number;
  phase: Phase;
}

/** A message of the room as the decoder understood it; `length` counts characters. */
export type Received =
  | { kind: "hello"; message: Hello; length: number }
  | { kind: "delivery"; message: Exclude<ServerMessage, Hello>; length: number }
  | { kind: "pong"; length: number }
  /** Well-formed, of a type this client does not know: a newer room. Holds no event. */
  | { kind: "unknown"; length: number }
  /** Not a message. It may have held events, so the socket cannot be trusted any more. */
  | { kind: "broken"; length: number };

export type TapeEvent =
  | { type: "start" }
  | { type: "close" }
  | { type: "socketMessage"; socketId: number; received: Received }
  | { type: "socketClosed"; socketId: number; code: number; reason: string }
  | { type: "pollAnswered"; pollId: number; answer: PollAnswer }
  | { type: "pollFailed"; pollId: number; status: number | null }
  /** The consumer threw at a delivery: it has everything up to `place`, and nothing after it. */
  | { type: "consumerThrew"; place: Place }
  /** The moment asked for has come. `lateMs` large means the machine slept. */
  | { type: "tick"; lateMs: number }
  /** The page was shown again. */
  | { type: "woke" }
  | { type: "wentOnline" }
  | { type: "wentOffline" };

export type TapeEventType = TapeEvent["type"];
export type TapeEventOf<T extends TapeEventType> = Extract<TapeEvent, { type: T }>;

export type Effect =
  | { type: "openSocket"; socketId: number; since: Place }
  | { type: "closeSocket"; socketId: number }
  | { type: "send"; socketId: number; text: string }
  | { type: "poll"; pollId: number; since: Place }
  | { type: "cancelPoll"; pollId: number }
  /** `place` is where the consumer stands once it has taken the delivery. */
  | { type: "deliver"; delivery: Delivery; place: Place };

/** Clock and chance of one event: the reducer has neither of its own. */
export interface Moment {
  nowMs: number;
  /** In [0, 1). */
  random: number;
}

export interface Step {
  state: TapeState;
  effects: Effect[];
}

/** A tape that has not been started. A place without a cursor starts at the present, with a `snapshot`. */
export function initialState(place: Place, online: boolean): TapeState {
  return { place, failures: 0, online, nextId: 1, phase: { name: "idle" } };
}
