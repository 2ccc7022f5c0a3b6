/**
 * What can be pushed. A kind is a line in `KINDS`, the fields that a caller gives, and a method of `Edgetape` that names both.
 * Fields have the names that they have on the wire, so that what is pushed is what a viewer gets.
 */

/** By route (`POST /api/ROUTE`): where events wait until the server has them. */
export const KINDS = {
  /** In memory. Where they are too many, the oldest are dropped. */
  metrics: "memory",
  /** On disk, before anything is sent of them. */
  trades: "spool",
  orders: "spool",
  positions: "spool",
  notes: "spool",
  /** On disk too, but dropped before what cannot be made again. */
  books: "spool",
} as const satisfies Record<string, "memory" | "spool">;

export type Route = keyof typeof KINDS;
export const ROUTES = Object.keys(KINDS) as Route[];

/** Microseconds since the epoch, a date, or RFC 3339. */
export type Moment = number | bigint | Date | string;

/** Price and size. */
export type Level = readonly [price: number, size: number];

export interface MetricOptions {
  /** Without it the series belongs to `_system`. */
  symbol?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
}

export interface Trade {
  price: number;
  size: number;
  side?: "buy" | "sell" | undefined;
  /** The same symbol, venue, `id` and `ts` is kept once. */
  id?: string | undefined;
  venue?: string | undefined;
  ts?: Moment | undefined;
}

/** A state of an order: all that holds of it now. */
export interface Order {
  /** Its name at the venue and in the account. */
  id: string;
  status:
    | "sent"
    | "acknowledged"
    | "partially_filled"
    | "filled"
    | "canceled"
    | "rejected"
    | "expired";
  side?: "buy" | "sell" | undefined;
  /** What it is called there: limit, market, stop... */
  type?: string | undefined;
  quantity?: number | undefined;
  price?: number | undefined;
  /** How much of it is filled so far, in all, and what a unit of that cost on average. */
  filled?: number | undefined;
  avg_price?: number | undefined;
  venue?: string | undefined;
  account?: string | undefined;
  correlation_id?: string | undefined;
  ts?: Moment | undefined;
}

/** What an account holds of a symbol from now on: a state and not a change. */
export interface Position {
  quantity: number;
  avg_price?: number | undefined;
  account?: string | undefined;
  ts?: Moment | undefined;
}

/** A mark on the chart of a symbol. */
export interface Note {
  /** At most 500 characters. */
  text: string;
  level?: "info" | "warn" | "error" | undefined;
  /** The same symbol, `id` and `ts` is kept once, the later; without `id` its text names it. */
  id?: string | undefined;
  ts?: Moment | undefined;
}

export interface Book {
  bids: readonly Level[];
  asks: readonly Level[];
  /** `diff` is a change of the book before it, where size 0 takes a level out. Without it `snapshot`. */
  type?: "snapshot" | "diff" | undefined;
  /** The producer's own count. */
  seq?: number | bigint | string | undefined;
  ts?: Moment | undefined;
}
