import type { ImportedBar } from "../../core/bars/imported-bar.ts";
import { POSTED_INTERVAL_SECONDS } from "../../protocol/events/bar-push.ts";
import { askAll } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { byRequest } from "../driver/requests.ts";
import { float8s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { identifiers, type Sql, sql, statementOf } from "../driver/sql.ts";
import { hourOf, timestampOf } from "../driver/sql-time.ts";
import { insertSymbols } from "./series-ids.ts";

const ROWS_PER_STATEMENT = 5_000;

const COLUMNS = ["open", "high", "low", "close", "volume", "trades"] as const;
const BARS = identifiers(COLUMNS);
const theirs = (row: string) => identifiers(COLUMNS.map((column) => `${row}.${column}`));

interface SizedUpsert {
  statement: Sql;
  /** Upper bound on the wire. */
  bytes: number;
}

/** Invalidates the hours in which something is another now, in the same statement; a bar that is there already changes nothing. */
const upsert = (rows: Sql, symbols: Sql) => sql`
with imported as (
  insert into posted_bars (symbol_id, length_s, bucket, ${BARS})
  select y.id, u.length_s, ${timestampOf(sql`u.ts_us`)}, ${theirs("u")}
  from ${rows}
  join ${symbols} on n.at = u.symbol_at
  join symbols y on y.symbol = n.symbol
  order by u.place
  on conflict (symbol_id, length_s, bucket) do update
  set (${BARS}) = row(${theirs("excluded")})
  where (${theirs("posted_bars")}) is distinct from (${theirs("excluded")})
  returning bucket, symbol_id)
insert into stale_posted (hour, symbol_id)
select distinct ${hourOf(sql`bucket`)}, symbol_id from imported`;

/**
 * Stores imported bars; of the same symbol, length and bucket the last one stays. All or none, but for batches of more
 * than 8 MiB, of which a failure may leave the beginning; repeating the call changes nothing that is there (INV-6).
 *
 * @throws DatabaseError
 */
export async function storeImportedBars(
  db: Database,
  bars: readonly ImportedBar[],
  tag?: string,
): Promise<void> {
  const rows = inOrder(bars);
  const parts: SizedUpsert[] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    parts.push(upsertOf(rows.slice(from, from + ROWS_PER_STATEMENT)));
  }
  const symbols = [...new Set(rows.map(({ symbol }) => symbol))];
  for (const part of byRequest(parts)) {
    await askAll(db, [insertSymbols(symbols), ...part.map(({ statement }) => statement)], tag);
  }
}

/** Once each, and in an order of all bars: two batches that meet wait for each other, and never both. */
function inOrder(bars: readonly ImportedBar[]): ImportedBar[] {
  const last = new Map(bars.map((one) => [`${one.symbol} ${one.interval} ${one.bar.ts}`, one]));
  return [...last.values()].sort(
    (a, b) =>
      (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0) ||
      lengthOf(a) - lengthOf(b) ||
      a.bar.ts - b.bar.ts,
  );
}

function upsertOf(rows: readonly ImportedBar[]): SizedUpsert {
  const symbols = [...new Set(rows.map(({ symbol }) => symbol))];
  const placeOf = new Map(symbols.map((symbol, at) => [symbol, at + 1]));
  const column = (of: (row: ImportedBar) => number | null) => rows.map(of);
  const bars = rowsOf(
    "u",
    {
      ts_us: int8s(column(({ bar }) => bar.ts)),
      length_s: int4s(column(lengthOf)),
      open: float8s(column(({ bar }) => bar.open)),
      high: float8s(column(({ bar }) => bar.high)),
      low: float8s(column(({ bar }) => bar.low)),
      close: float8s(column(({ bar }) => bar.close)),
      volume: float8s(column(({ bar }) => bar.volume)),
      trades: int8s(column(({ bar }) => bar.trades ?? null)),
      symbol_at: int4s(column(({ symbol }) => placeOf.get(symbol) as number)),
    },
    "place",
  );
  const statement = upsert(bars, rowsOf("n", { symbol: texts(symbols) }, "at"));
  const sizes = statementOf(statement).params.map((param) => String(param).length);
  // A symbol's code unit is at most three bytes, as is a quote that JSON escapes; all else is ASCII.
  const bytes = sizes.reduce((sum, chars) => sum + chars, 0) + 2 * (sizes.at(-1) ?? 0);
  return { statement, bytes };
}

function lengthOf({ interval }: ImportedBar): number {
  return POSTED_INTERVAL_SECONDS[interval];
}
