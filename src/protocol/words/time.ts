import * as z from "zod";

/** Integer microseconds since the Unix epoch. */
export type EpochUs = number & z.$brand<"EpochUs">;

/**
 * A position in a room's log and at the same time a moment: integer microseconds since the Unix epoch, strictly
 * increasing in a room. A cursor of one log is a valid time for any other (SPEC C-1, C-2).
 */
export type Cursor = number & z.$brand<"Cursor">;

export const epochUsSchema = z
  .int({ error: "must be integer microseconds since the Unix epoch" })
  .transform((value) => value as EpochUs);

export const cursorSchema = z
  .int({ error: "must be a cursor: integer microseconds since the Unix epoch" })
  .nonnegative({ error: "must not be negative" })
  .transform((value) => value as Cursor);

/** The cursor before every event. */
export const CURSOR_ORIGIN = 0 as Cursor;

/** Time on input: the schema takes the form; `core/timestamp.ts` decides what moment it is, for that needs a clock. */
export const ts = z.union([z.string(), z.number()], {
  error: "must be an RFC 3339 time or integer microseconds since the Unix epoch",
});
