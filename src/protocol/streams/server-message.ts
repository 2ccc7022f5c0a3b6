import * as z from "zod";
import { eventSchema } from "../events/event.ts";
import {
  barMessageSchema,
  caughtUpSchema,
  eventsSchema,
  gapSchema,
  helloSchema,
  liveBarSchema,
  snapshotSchema,
} from "../socket/server-message.ts";
import { symbolSchema } from "../words/symbol.ts";
import { cursorSchema } from "../words/time.ts";
import { channelSchema } from "./channels.ts";

export const STREAM_MODES = ["all", "latest"] as const;
export type StreamMode = (typeof STREAM_MODES)[number];

const id = z.union([z.int(), z.string()]).optional();

/** First word on a stream. */
export const welcomeSchema = z.strictObject({
  type: z.literal("welcome"),
  mode: z.enum(STREAM_MODES),
  hz: z.int().optional(),
  channels: z.array(channelSchema).optional(),
  heartbeat_ms: z.int(),
  /** Characters a viewer may receive before it must `ack`. */
  window: z.int(),
  most_symbols: z.int(),
});

/** What was asked for has been taken: what each symbol says of itself follows. */
export const subscribedSchema = z.strictObject({
  type: z.literal("subscribed"),
  id,
  symbols: z.array(symbolSchema),
  patterns: z.array(z.string()),
});
export const unsubscribedSchema = z.strictObject({
  type: z.literal("unsubscribed"),
  id,
  symbols: z.array(symbolSchema),
  patterns: z.array(z.string()),
});
export const renewedSchema = z.strictObject({
  type: z.literal("renewed"),
  id,
  /** When the token ends, in ms; null: never. */
  expires_at_ms: z.number().nullable(),
});
/** A room says no more on this stream, and the others go on: the code is that of a socket (SPEC X-1). */
export const closedSchema = z.strictObject({
  type: z.literal("closed"),
  symbol: symbolSchema,
  code: z.int(),
  reason: z.string(),
});
export const streamErrorSchema = z.strictObject({
  type: z.literal("error"),
  id,
  /** The symbol or the pattern that it is about; absent where it is about none. */
  symbol: z.string().optional(),
  code: z.enum([
    "bad_message",
    "forbidden",
    "too_many_symbols",
    "not_known_yet",
    "full",
    "bad_token",
    "already_subscribed",
    "not_subscribed",
  ]),
  message: z.string(),
  retry_after_s: z.number().optional(),
});

/** What of a room has changed, the newest of each key, at `cursor`. */
const latestRoomSchema = z.strictObject({
  symbol: symbolSchema,
  cursor: cursorSchema,
  events: z.array(eventSchema),
  /** These are all last values of the room: what was told of it before holds no more. */
  whole: z.literal(true).optional(),
  /** The 1 m bar that is growing, where a trade came, and those that have closed. */
  bars: z.array(liveBarSchema).optional(),
});
/** The last values that a stream of `latest` has not been told (SPEC ST-9, ST-10). */
export const latestSchema = z.strictObject({
  type: z.literal("latest"),
  rooms: z.array(latestRoomSchema),
  /** Events behind these that are in no message. */
  skipped: z.int().nonnegative(),
});

const ofRoom = { symbol: symbolSchema };

/** What a room says on its own socket, with its symbol. Where channels leave no event, `events` may be empty. */
export const roomMessageSchema = z.discriminatedUnion("type", [
  helloSchema.extend(ofRoom),
  snapshotSchema.extend(ofRoom),
  eventsSchema.extend({ ...ofRoom, events: z.array(eventSchema) }),
  barMessageSchema.extend(ofRoom),
  caughtUpSchema.extend(ofRoom),
  gapSchema.extend(ofRoom),
]);

export const streamMessageSchema = z.union([
  roomMessageSchema,
  z.discriminatedUnion("type", [
    welcomeSchema,
    subscribedSchema,
    unsubscribedSchema,
    renewedSchema,
    closedSchema,
    streamErrorSchema,
    latestSchema,
  ]),
]);

export type StreamMessage = z.infer<typeof streamMessageSchema>;
export type StreamError = z.infer<typeof streamErrorSchema>;
export type LatestMessage = z.infer<typeof latestSchema>;
/** What a stream says that is of no room's log. */
export type StreamWord = Exclude<StreamMessage, z.infer<typeof roomMessageSchema> | LatestMessage>;

/** One message, or several that went together. */
export const streamTextSchema = z.union([streamMessageSchema, z.array(streamMessageSchema).min(2)]);
