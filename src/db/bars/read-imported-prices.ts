import { POSTED_INTERVAL_SECONDS, type PostedInterval } from "../../protocol/events/bar-push.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { rowsOf, texts } from "../driver/rows-of.ts";
import { join, literal, type Sql, sql } from "../driver/sql.ts";
import { dayOf, epochUsOf, hourOf } from "../driver/sql-time.ts";

/** What posted bars say of a symbol's price: the close of the newest bar there is. */
export interface ImportedPrice {
  close: number;
  /** Where that bar begins, and how long it is. */
  barUs: EpochUs;
  interval: PostedInterval;
  /** The last close of a day before; null where there is none. */
  before: number | null;
}

const LENGTHS_S = Object.values(POSTED_INTERVAL_SECONDS).map(literal);

/**
 * SQL: of the newest day that posted bars of `a.id` have anything of, before `end`, the bar that closes it by SPEC B-4: the last
 * minute of its last hour, or that hour, or the bar of the day. One bar of the grid goes before one of an offset.
 */
function closing(end: Sql): Sql {
  const newest = LENGTHS_S.map(
    (lengthS) =>
      sql`(select max(bucket) from posted_bars where symbol_id = a.id and length_s = ${lengthS} and bucket < ${end})`,
  );
  return sql`
  select p.bucket, p.length_s, p.close, ${dayOf(sql`p.bucket`)} as day from posted_bars p
  cross join lateral (select greatest(${join(newest)}) as bucket) latest
  where p.symbol_id = a.id and p.length_s in (${join(LENGTHS_S)})
    and p.bucket >= ${dayOf(sql`latest.bucket`)} and p.bucket < ${end}
  order by p.length_s < 86400 desc, case when p.length_s < 86400 then ${hourOf(sql`p.bucket`)} end desc, p.length_s,
    case when p.length_s = 60 then p.bucket end desc, p.bucket
  limit 1`;
}

const selectPrices = (symbols: readonly SymbolName[]) => sql`
select y.symbol, ${epochUsOf(sql`newest.bucket`)} as bar_us, newest.length_s, newest.close, older.close as before
from ${rowsOf("n", { symbol: texts(symbols) })}
join symbols y on y.symbol = n.symbol
cross join lateral (select y.id) a
cross join lateral (${closing(sql`'infinity'`)}) newest
left join lateral (${closing(sql`newest.day`)}) older on true`;

/** Of those symbols the ones that bars were posted for. @throws DatabaseError */
export async function readImportedPrices(
  db: Database,
  symbols: readonly SymbolName[],
): Promise<Map<SymbolName, ImportedPrice>> {
  const rows = await ask(db, selectPrices(symbols));
  return new Map(
    rows.map((row) => [
      row["symbol"] as SymbolName,
      {
        ...{ close: row["close"] as number, before: row["before"] as number | null },
        ...{ barUs: Number(row["bar_us"]) as EpochUs, interval: intervalOf(row["length_s"]) },
      },
    ]),
  );
}

function intervalOf(lengthS: unknown): PostedInterval {
  const all = Object.entries(POSTED_INTERVAL_SECONDS) as [PostedInterval, number][];
  return all.find(([, seconds]) => seconds === lengthS)?.[0] ?? "1d";
}
