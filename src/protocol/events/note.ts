import * as z from "zod";
import { name, storableText } from "../words/name.ts";
import { symbolSchema } from "../words/symbol.ts";
import { epochUsSchema, ts } from "../words/time.ts";

/** Longest text of a note: an index of Postgres holds it. */
export const MAX_NOTE_LENGTH = 500;

export const NOTE_LEVELS = ["info", "warn", "error"] as const;

const noteFields = {
  text: storableText(MAX_NOTE_LENGTH),
  level: z.enum(NOTE_LEVELS, { error: `must be one of ${NOTE_LEVELS.join(", ")}` }).optional(),
  id: name.optional(),
};

/** What is posted to `/api/notes`: a mark on the chart of a symbol. */
export const notePushSchema = z.strictObject({
  kind: z.literal("note", { error: 'must be "note" here' }).optional(),
  ...noteFields,
  symbol: symbolSchema,
  ts: ts.optional(),
});
export type NotePush = z.infer<typeof notePushSchema>;

export const noteEventSchema = z.strictObject({
  kind: z.literal("note"),
  ts: epochUsSchema,
  ...noteFields,
});
export type NoteEvent = z.infer<typeof noteEventSchema>;
