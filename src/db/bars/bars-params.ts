import type { Sql } from "../driver/sql.ts";

/** Moments, the borders of buckets: a range is [from, to). */
export interface MomentRange {
  from: Sql;
  to: Sql;
}

/**
 * The parameters of the statement of `readBars`, each one piece wherever it stands. The range lies
 * on borders of buckets.
 */
export interface BarsParams extends MomentRange {
  /** A row source `a`: `symbol`, `stored_through` of it, and its `place`. */
  asked: Sql;
  /** Of a bucket. */
  lengthUs: Sql;
  /**
   * A row source `u` of the tails: `place` of the symbol, `ts_us`, `price`, `size`, `venue`,
   * `trade_id`, and `nth`.
   */
  tail: Sql;
  /** How many bars of a symbol are wanted, where the range may hold more; else null. */
  limit: Sql | null;
}
