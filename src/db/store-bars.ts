import type { PostedBar } from "../core/posted-bar.ts";
import { POSTED_INTERVAL_SECONDS } from "../protocol/bar-push.ts";
import { numberArray, textArray } from "./array-text.ts";
import type { Database, Statement } from "./database.ts";
import { byRequest } from "./requests.ts";
import { INSERT_SYMBOLS } from "./series-ids.ts";
import { hourOf, timestampOf } from "./sql-time.ts";

const ROWS_PER_STATEMENT = 5_000;

const BARS = "open, high, low, close, volume, trades";
const theirs = (row: string) => BARS.replaceAll(/(\w+)/g, `${row}.$1`);

/** Notes the hours in which something is another now, in the same statement; a bar that is there already changes nothing. */
const UPSERT = `
with posted as (
  insert into posted_bars (symbol_id, length_s, bucket, ${BARS})
  select y.id, u.length_s, ${timestampOf("u.ts_us")}, ${theirs("u")}
  from unnest($1::int8[], $2::int4[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::int8[],
    $9::int4[]) with ordinality as u (ts_us, length_s, ${BARS}, symbol_at, place)
  join unnest($10::text[]) with ordinality as n (symbol, at) on n.at = u.symbol_at
  join symbols y on y.symbol = n.symbol
  order by u.place
  on conflict (symbol_id, length_s, bucket) do update
  set (${BARS}) = row(${theirs("excluded")})
  where (${theirs("posted_bars")}) is distinct from (${theirs("excluded")})
  returning bucket, symbol_id)
insert into stale_posted (hour, symbol_id)
select distinct ${hourOf("bucket")}, symbol_id from posted`;

/**
 * Stores posted bars; of the same symbol, length and bucket the last one posted stays. All or none, but for batches of more
 * than 8 MiB, of which a failure may leave the beginning; repeating the call changes nothing that is there (INV-6).
 *
 * @throws what `classifyFailure` reads.
 */
export async function storeBars(
  db: Database,
  bars: readonly PostedBar[],
  tag?: string,
): Promise<void> {
  const rows = inOrder(bars);
  const parts: (Statement & { bytes: number })[] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    parts.push(upsertOf(rows.slice(from, from + ROWS_PER_STATEMENT)));
  }
  const symbols = textArray([...new Set(rows.map(({ symbol }) => symbol))]);
  for (const statements of byRequest(parts)) {
    await db.transaction([{ text: INSERT_SYMBOLS, params: [symbols] }, ...statements], tag);
  }
}

/** Once each, and in an order of all bars: two batches that meet wait for each other, and never both. */
function inOrder(bars: readonly PostedBar[]): PostedBar[] {
  const last = new Map(bars.map((one) => [`${one.symbol} ${one.interval} ${one.bar.ts}`, one]));
  return [...last.values()].sort(
    (a, b) =>
      (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0) ||
      lengthOf(a) - lengthOf(b) ||
      a.bar.ts - b.bar.ts,
  );
}

function upsertOf(rows: readonly PostedBar[]): Statement & { bytes: number } {
  const symbols = [...new Set(rows.map(({ symbol }) => symbol))];
  const placeOf = new Map(symbols.map((symbol, at) => [symbol, at + 1]));
  const column = (of: (row: PostedBar) => number | null) => numberArray(rows.map(of));
  const params = [
    column(({ bar }) => bar.ts),
    column(lengthOf),
    column(({ bar }) => bar.open),
    column(({ bar }) => bar.high),
    column(({ bar }) => bar.low),
    column(({ bar }) => bar.close),
    column(({ bar }) => bar.volume),
    column(({ bar }) => bar.trades ?? null),
    column(({ symbol }) => placeOf.get(symbol) as number),
    textArray(symbols),
  ];
  // A symbol's code unit is at most three bytes, as is a quote that JSON escapes; all else is ASCII.
  return {
    text: UPSERT,
    params,
    bytes: params.reduce((sum, text) => sum + text.length, 0) + 2 * (params.at(-1) ?? "").length,
  };
}

function lengthOf({ interval }: PostedBar): number {
  return POSTED_INTERVAL_SECONDS[interval];
}
