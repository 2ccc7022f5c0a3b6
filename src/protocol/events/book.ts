import * as z from "zod";
import { finite } from "../words/number.ts";
import { symbolSchema } from "../words/symbol.ts";
import { epochUsSchema, ts } from "../words/time.ts";
import { MAX_BOOK_LEVELS } from "./book-limits.ts";

const level = z.tuple(
  [finite, finite.nonnegative({ error: "must not be negative; 0 takes the level out" })],
  { error: "must be [price, size]" },
);

const side = z
  .array(level, { error: "must be an array of [price, size], empty where there is nothing" })
  .max(MAX_BOOK_LEVELS, {
    error: `must hold at most ${MAX_BOOK_LEVELS} levels: send the best of a snapshot, and a longer diff in parts`,
  });

/** Postgres keeps it as a bigint. */
const MAX_SEQ = 2n ** 63n - 1n;

/** The producer's own count; kept and passed on. Text where a number of JSON would lose digits (SPEC I-19). */
const seqSchema = z
  .union([z.number(), z.string()], { error: "must be a whole number, or one as text" })
  .superRefine((seq, context) => {
    const fault = seqFault(seq);
    if (fault !== null) context.addIssue({ code: "custom", message: fault });
  });

/** Why this is no count, or null where it is one. */
export function seqFault(seq: number | string): string | null {
  if (typeof seq === "string") {
    if (/^\d{1,19}$/.test(seq) && BigInt(seq) <= MAX_SEQ) return null;
    return `must be a whole number from 0 to ${MAX_SEQ}`;
  }
  if (seq < 0) return "must not be negative";
  if (!Number.isInteger(seq)) return "must be a whole number";
  if (Number.isSafeInteger(seq)) return null;
  return `is beyond ${Number.MAX_SAFE_INTEGER}, where numbers of JSON lose digits: send it as text, such as "seq":"1790000000000000000"`;
}

/** A count in its one spelling: a number as long as that has all its digits. */
export function canonicalSeq(seq: number | string): number | string {
  return Number.isSafeInteger(Number(seq)) ? Number(seq) : BigInt(seq).toString();
}

const bookFields = {
  /** `snapshot` is the whole book; `diff` sets the size of some levels of the one before. */
  type: z.enum(["snapshot", "diff"], { error: 'must be "snapshot" or "diff"' }),
  bids: side,
  asks: side,
  seq: seqSchema.optional(),
  /** A snapshot that Postgres keeps (SPEC D-5): the room says so of some, and a producer may of any. */
  sampled: z.literal(true, { error: "must be true, or absent" }).optional(),
};

/** What a producer posts to `/api/books`, one of these a book or a change of one. */
export const bookPushSchema = z
  .strictObject({
    kind: z.literal("book", { error: 'must be "book" here' }).optional(),
    ...bookFields,
    symbol: symbolSchema,
    ts: ts.optional(),
  })
  .refine(({ type, sampled }) => type === "snapshot" || sampled === undefined, {
    path: ["sampled"],
    error: "goes with a snapshot: no diff is kept in Postgres",
  })
  .refine(({ type, bids, asks }) => type !== "snapshot" || !hasEmptyLevel(bids, asks), {
    path: ["type"],
    error: "is snapshot, and a level has size 0: leave such levels out, or send a diff",
  })
  .refine(({ type, bids, asks }) => type !== "snapshot" || !isCrossed(bids, asks), {
    path: ["bids"],
    error: "reach the asks: in one snapshot the best bid must be below the best ask",
  });
export type BookPush = z.infer<typeof bookPushSchema>;

/** A book on the wire: what was posted, or a snapshot of the room's own (SPEC D-5). */
export const bookEventSchema = z.strictObject({
  kind: z.literal("book"),
  ts: epochUsSchema,
  ...bookFields,
});
export type BookEvent = z.infer<typeof bookEventSchema>;

export type Level = z.infer<typeof level>;

export function hasEmptyLevel(bids: readonly Level[], asks: readonly Level[]): boolean {
  return [bids, asks].some((levels) => levels.some(([, size]) => size === 0));
}

/** Whether the best bid reaches the best ask; levels may be in any order. */
export function isCrossed(bids: readonly Level[], asks: readonly Level[]): boolean {
  let bid = Number.NEGATIVE_INFINITY;
  let ask = Number.POSITIVE_INFINITY;
  for (const [price] of bids) bid = Math.max(bid, price);
  for (const [price] of asks) ask = Math.min(ask, price);
  return bid >= ask;
}
