/** What the package `@edgetape/client` offers; inside this repository each file is imported by its own name. */
export type { AlertEvent } from "../src/protocol/events/alert.ts";
export type { BookEvent } from "../src/protocol/events/book.ts";
export type {
  MetricEvent,
  PositionEvent,
  TapeEvent,
  TradeEvent,
} from "../src/protocol/events/event.ts";
export type { LogEvent } from "../src/protocol/events/log.ts";
export type { NoteEvent } from "../src/protocol/events/note.ts";
export type { OrderEvent } from "../src/protocol/events/order.ts";
export type {
  BarMessage,
  CaughtUp,
  ErrorMessage,
  EventsMessage,
  Gap,
  LiveBar,
  Snapshot,
} from "../src/protocol/socket/server-message.ts";
export type { LatestMessage } from "../src/protocol/streams/server-message.ts";
export type { LogId } from "../src/protocol/words/log-id.ts";
export type { Cursor } from "../src/protocol/words/time.ts";
export { browserDeps, type PollResponse, type SocketLike, type TapeDeps } from "./deps.ts";
export {
  type Follower,
  type FollowerOptions,
  type FollowOptions,
  openFollower,
  type Taken,
} from "./follower.ts";
export {
  type Latest,
  type LatestOptions,
  type LatestStatus,
  NoWebSocketError,
  openLatest,
  readLatest,
} from "./latest.ts";
export type { Refusal } from "./latest-stream.ts";
export type { ClosedBecause, Delivery, Place } from "./state.ts";
export type { Status } from "./status.ts";
export { openTape, type Tape, type TapeOptions } from "./tape.ts";
export type { Token } from "./token.ts";
