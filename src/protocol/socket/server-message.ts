import * as z from "zod";
import { barSchema, intervalSchema } from "../events/bar.ts";
import { bookEventSchema } from "../events/book.ts";
import {
  eventSchema,
  metricEventSchema,
  positionEventSchema,
  tradeEventSchema,
} from "../events/event.ts";
import { MAX_MESSAGE_EVENTS } from "../events/frame.ts";
import { orderEventSchema } from "../events/order.ts";
import { logIdSchema } from "../words/log-id.ts";
import { symbolSchema } from "../words/symbol.ts";
import { cursorSchema } from "../words/time.ts";

/** First word of the room: where its log stands, and what it expects of the viewer. */
export const helloSchema = z.strictObject({
  type: z.literal("hello"),
  room: symbolSchema,
  /** Head of the log. */
  cursor: cursorSchema,
  /** Every event after this cursor is in the room's own log; older ones are read from Postgres. */
  oldest: cursorSchema,
  /** Names this life of the log: to be sent back with a cursor of it. */
  log: logIdSchema,
  heartbeat_ms: z.int(),
  /** Bytes a viewer may receive before it must `ack`. */
  window: z.int(),
});

/** A bar with its interval, as `snapshot` and `bar` carry it. `revision` grows with each correction of a closed bar. */
export const liveBarSchema = z.strictObject({
  interval: intervalSchema,
  ...barSchema.shape,
  revision: z.int(),
});

/** Of what there is more than is shown, how much is shown. */
export const truncatedSchema = z.strictObject({
  metrics: z.int().optional(),
  positions: z.int().optional(),
  orders: z.int().optional(),
});

/** The last values of the room at `cursor`: for a viewer without `since`, or after a gap. */
export const snapshotSchema = z.strictObject({
  type: z.literal("snapshot"),
  cursor: cursorSchema,
  metrics: z.array(metricEventSchema),
  bar: liveBarSchema.nullable(),
  trade: tradeEventSchema.nullable(),
  /** One an account. */
  positions: z.array(positionEventSchema),
  /** The newest state of each open order. */
  orders: z.array(orderEventSchema),
  /** The whole book; null as long as there has been no snapshot of one. */
  book: bookEventSchema.nullable(),
  /** Absent where everything is here. */
  truncated: truncatedSchema.optional(),
});

/** Of joined frames, oldest first: how many microseconds before the cursor each ends, and its number of events. */
export const joinedFramesSchema = z.array(z.tuple([z.int().nonnegative(), z.int().positive()]));

/** One frame, or several joined, which `frames` then tells apart: the events after the viewer's position up to `cursor`. */
export const eventsSchema = z.strictObject({
  type: z.literal("events"),
  cursor: cursorSchema,
  events: z.array(eventSchema).min(1).max(MAX_MESSAGE_EVENTS),
  frames: joinedFramesSchema.optional(),
});

/** A 1 m bar that has closed (`revision` 0), or a closed one that a late trade corrected (`revision` 1 and up). */
export const barMessageSchema = z.strictObject({
  type: z.literal("bar"),
  ...liveBarSchema.shape,
});

/** Replay has met live. `complete` is false where a `gap` was said on the way. */
export const caughtUpSchema = z.strictObject({
  type: z.literal("caught_up"),
  cursor: cursorSchema,
  replayed: z.int(),
  complete: z.boolean(),
});

/**
 * Events after `from` and up to `to` could not be delivered. `dropped` is their number where it is known. After `reset` the cursors
 * before it mean nothing: `to` is where the log is now, which may be before `from`.
 */
export const gapSchema = z.strictObject({
  type: z.literal("gap"),
  from: cursorSchema,
  to: cursorSchema,
  reason: z.enum(["expired", "slow", "unavailable", "reset"]),
  dropped: z.int().nullable(),
});

export const errorMessageSchema = z.strictObject({
  type: z.literal("error"),
  code: z.enum(["bad_message", "unknown_message", "rate_limited"]),
  message: z.string(),
});

export const serverMessageSchema = z.discriminatedUnion("type", [
  helloSchema,
  snapshotSchema,
  eventsSchema,
  barMessageSchema,
  caughtUpSchema,
  gapSchema,
  errorMessageSchema,
]);

export type Hello = z.infer<typeof helloSchema>;
export type LiveBar = z.infer<typeof liveBarSchema>;
export type Truncated = z.infer<typeof truncatedSchema>;
export type Snapshot = z.infer<typeof snapshotSchema>;
export type EventsMessage = z.infer<typeof eventsSchema>;
export type BarMessage = z.infer<typeof barMessageSchema>;
export type CaughtUp = z.infer<typeof caughtUpSchema>;
export type Gap = z.infer<typeof gapSchema>;
export type ErrorMessage = z.infer<typeof errorMessageSchema>;
export type ServerMessage = z.infer<typeof serverMessageSchema>;
