import * as z from "zod";

/** Longest metric name, label name, label value, venue, account and id, in characters. */
export const MAX_NAME_LENGTH = 200;

/** Postgres holds every text but U+0000 and what is no Unicode (https://www.postgresql.org/docs/current/datatype-character.html). */
export function isStorable(text: string): boolean {
  return !text.includes("\u0000") && text.isWellFormed();
}

/** A text of 1 to so many characters that Postgres can hold. */
export const storableText = (most: number) =>
  z
    .string({ error: "must be a string" })
    .min(1, { error: "must not be empty" })
    .max(most, { error: `must be at most ${most} characters` })
    .refine(isStorable, { error: "must not hold a NUL character or half of a surrogate pair" });

export const name = storableText(MAX_NAME_LENGTH);
