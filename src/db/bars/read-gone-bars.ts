import { chooseBars } from "../../core/rollup-choice.ts";
import type { Interval } from "../../protocol/interval.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import type { EpochUs } from "../../protocol/time.ts";
import type { Database } from "../driver/database.ts";
import { epochUsOf, momentText } from "../driver/sql-time.ts";

/** $1 symbol, [$2, $3) the range. `from` is where what such bars are made of begins. */
const selectGone = (from: "raw_from" | "minutes_from") => `
select ${epochUsOf("t.moment")} as gone_before
from (select ${from} as moment from tape_state) t
where t.moment > $2::timestamptz and exists (
  select from trades_1h_spans h
  where h.symbol_id = (select id from symbols where symbol = $1)
    and h.bucket > $2::timestamptz - interval '1 hour' and h.bucket < least($3::timestamptz, t.moment)
    and h.last_ts >= $2::timestamptz and h.first_ts < $3::timestamptz)`;

/**
 * From when on there are bars of this interval for all trades in [fromUs, toUs): what was traded before is kept in longer bars
 * alone (SPEC R-3). Null where that is all of the range.
 *
 * @throws what `classifyFailure` reads.
 */
export async function readGoneBars(
  db: Database,
  {
    symbol,
    interval,
    fromUs,
    toUs,
  }: { symbol: SymbolName; interval: Interval } & {
    fromUs: EpochUs;
    toUs: EpochUs;
  },
  tag?: string,
): Promise<EpochUs | null> {
  const kept = chooseBars(interval);
  if (kept === "1h" || kept === "1d") return null;
  const text = selectGone(kept === "raw" ? "raw_from" : "minutes_from");
  const [row] = await db.query(text, [symbol, momentText(fromUs), momentText(toUs)], tag);
  return row === undefined ? null : (Number(row["gone_before"]) as EpochUs);
}
