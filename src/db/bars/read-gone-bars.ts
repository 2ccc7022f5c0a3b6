import { chooseBars } from "../../core/rollup-choice.ts";
import type { Interval } from "../../protocol/interval.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import type { EpochUs } from "../../protocol/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { identifier, sql } from "../driver/sql.ts";
import { epochUsOf, momentOf } from "../driver/sql-time.ts";

/** `begins` is where what such bars are made of begins. */
function selectGone(
  begins: "raw_from" | "minutes_from",
  symbol: SymbolName,
  fromUs: EpochUs,
  toUs: EpochUs,
) {
  const [from, to] = [momentOf(fromUs), momentOf(toUs)];
  return sql`
select ${epochUsOf(sql`t.moment`)} as gone_before
from (select ${identifier(begins)} as moment from tape_state) t
where t.moment > ${from} and exists (
  select from trades_1h_spans h
  where h.symbol_id = (select id from symbols where symbol = ${symbol})
    and h.bucket > ${from} - interval '1 hour' and h.bucket < least(${to}, t.moment)
    and h.last_ts >= ${from} and h.first_ts < ${to})`;
}

/**
 * From when on there are bars of this interval for all trades in [fromUs, toUs): what was traded before is kept in longer bars
 * alone (SPEC R-3). Null where that is all of the range.
 *
 * @throws DatabaseError
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
  const rollup = chooseBars(interval);
  if (rollup === "1h" || rollup === "1d") return null;
  const begins = rollup === "raw" ? "raw_from" : "minutes_from";
  const [row] = await ask(db, selectGone(begins, symbol, fromUs, toUs), tag);
  return row === undefined ? null : (Number(row["gone_before"]) as EpochUs);
}
