import * as z from "zod";
import { logIdSchema } from "../words/log-id.ts";
import { globFault, isSymbol, symbolFault, symbolSchema } from "../words/symbol.ts";
import { cursorSchema } from "../words/time.ts";

/** Most rooms of one stream, and most symbols and patterns of one message (SPEC ST-1). */
export const MOST_STREAM_SYMBOLS = 500;

/** A symbol, or a pattern of symbols in which `*` is any run of characters and one behind a backslash itself. */
export const patternSchema = z.string().superRefine((text, context) => {
  const fault = patternFault(text);
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
});

/** Why this names no symbol and is no pattern; null where it does, or is. */
export function patternFault(text: string): string | null {
  if (isPattern(text)) {
    if (text.length > 200) return "must have at most 200 characters";
    return globFault(text);
  }
  const name = text.replaceAll("\\*", "*");
  return isSymbol(name) ? null : symbolFault(name);
}

/** Does it stand for more than the symbol of that name? */
export function isPattern(text: string): boolean {
  return text.replaceAll(/\\./g, "").includes("*");
}

/** Names what is asked for in its answer. */
const idSchema = z.union([z.int(), z.string().min(1).max(64)]);
export type StreamRequestId = z.infer<typeof idSchema>;

const placeSchema = z.strictObject({
  symbol: symbolSchema,
  since: cursorSchema.optional(),
  log: logIdSchema.optional(),
});

const entriesSchema = z
  .array(
    z.union([patternSchema, placeSchema], {
      error: "must be a symbol, a pattern, or {symbol, since?, log?}",
    }),
  )
  .min(1)
  .max(MOST_STREAM_SYMBOLS);

/** A room to be watched: from now on, or from a place; or a pattern of rooms. */
export type StreamEntry = z.infer<typeof entriesSchema>[number];

export const subscribeSchema = z.strictObject({
  type: z.literal("subscribe"),
  id: idSchema.optional(),
  symbols: entriesSchema,
});
export const unsubscribeSchema = z.strictObject({
  type: z.literal("unsubscribe"),
  id: idSchema.optional(),
  symbols: z.array(patternSchema).min(1).max(MOST_STREAM_SYMBOLS),
});
/** So many messages have been processed on this socket, `pong`s not counted (SPEC ST-6). */
export const streamAckSchema = z.strictObject({
  type: z.literal("ack"),
  messages: z.int().nonnegative(),
});
/** Another token takes the place of the one that the socket came with (SPEC ST-8). */
export const renewSchema = z.strictObject({
  type: z.literal("token"),
  id: idSchema.optional(),
  token: z.string().min(1).max(16_384),
});

export const streamClientMessageSchema = z.discriminatedUnion(
  "type",
  [subscribeSchema, unsubscribeSchema, streamAckSchema, renewSchema],
  { error: 'type must be "subscribe", "unsubscribe", "ack" or "token"' },
);
export type StreamClientMessage = z.infer<typeof streamClientMessageSchema>;
