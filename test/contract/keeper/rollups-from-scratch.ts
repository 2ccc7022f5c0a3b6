import type { Database, Row } from "../../../src/db/driver/database.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

const METRICS = ["1 minute", "1 hour"] as const;
const BARS = ["1 minute", "1 hour", "1 day"] as const;
const SUFFIX = { "1 minute": "1m", "1 hour": "1h", "1 day": "1d" } as const;

/** What is whole, and kept. */
const isKept = (length: string) => `
  bucket + interval '${length}' <= (select rolled_through from tape_state)
  ${length === "1 minute" ? "and bucket >= (select minutes_from from tape_state)" : ""}`;

const seriesFromScratch = (length: string) => `
select s.metric, date_bin('${length}', p.ts, 'epoch') as bucket, count(*), sum(p.value), min(p.value), max(p.value),
  (array_agg(p.value order by p.ts))[1], (array_agg(p.value order by p.ts desc))[1],
  percentile_cont(0.95) within group (order by p.value), percentile_cont(0.99) within group (order by p.value),
  min(p.ts), max(p.ts), max(p.cursor)
from all_points p join series s on s.id = p.series_id join symbols y on y.id = s.symbol_id
where y.symbol = $1 group by 1, 2`;

const barsFromScratch = (length: string) => `
select '' as metric, date_bin('${length}', t.ts, 'epoch') as bucket,
  (array_agg(t.price order by t.ts, t.cursor, t.ordinal))[1], max(t.price), min(t.price),
  (array_agg(t.price order by t.ts desc, t.cursor desc, t.ordinal desc))[1], sum(t.size), count(*),
  min(t.ts), max(t.ts), max(t.cursor)
from all_trades t join symbols y on y.id = t.symbol_id
where y.symbol = $1 group by 1, 2`;

/** Rows in which the rollups of a symbol differ from aggregates of all its raw data; every raw row must still be there. */
export async function differencesFromScratch(db: Database, symbol: SymbolName): Promise<Row[]> {
  const pairs = [
    ...METRICS.map((length) => ({
      length,
      scratch: seriesFromScratch(length),
      kept: `select s.metric, r.bucket, count, sum, min, max, first, last, p95, p99, first_ts, last_ts, cursor
        from series_${SUFFIX[length]} r join series s on s.id = r.series_id join symbols y on y.id = s.symbol_id
        where y.symbol = $1`,
    })),
    ...BARS.map((length) => ({
      length,
      scratch: barsFromScratch(length),
      kept: `select '' as metric, b.bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor
        from trade_bars_${SUFFIX[length]} b join symbols y on y.id = b.symbol_id where y.symbol = $1`,
    })),
  ];
  const found: Row[] = [];
  for (const { length, scratch, kept } of pairs) {
    const [a, b] = [scratch, kept].map(
      (rows) => `select * from (${rows}) r where ${isKept(length)}`,
    );
    for (const [what, text] of [
      ["missing", `(${a}) except (${b})`],
      ["wrong", `(${b}) except (${a})`],
    ]) {
      const rows = await db.query(text as string, [symbol]);
      found.push(...rows.map((row) => ({ length, what, ...row })));
    }
  }
  return found;
}
