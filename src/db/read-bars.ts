import { tradeKey } from "../core/encode-events.ts";
import type { Bar } from "../protocol/bar.ts";
import type { TradeEvent } from "../protocol/event.ts";
import { INTERVAL_SECONDS, type Interval } from "../protocol/interval.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor, EpochUs } from "../protocol/time.ts";
import { numberArray, textArray } from "./array-text.ts";
import { selectBars, selectOlder } from "./bars-sql.ts";
import { numbersOf } from "./columns.ts";
import type { Database, Row } from "./database.ts";
import { momentText } from "./sql-time.ts";

/** A trade that may not be in Postgres yet, with its place in the log. */
export interface TailTrade {
  cursor: Cursor;
  trade: TradeEvent;
}

export interface BarsQuery {
  symbol: SymbolName;
  interval: Interval;
  /** Bars whose bucket begins in [fromUs, toUs). */
  fromUs: EpochUs;
  toUs: EpochUs;
  /** The newest so many. */
  limit: number;
  /** Rows beyond this cursor are not read: the tail has those events. */
  storedThrough: Cursor;
  /** The trades after `storedThrough`, in the order of the log. */
  tail: readonly TailTrade[];
}

/** The first look covers `limit` buckets; where trading pauses, each further one begins at a trade and goes deeper. */
const LOOK_GROWTH = 8;

/**
 * Bars from stored trades, what is kept of them, bars that were posted, and the tail together, oldest first; buckets
 * without any have none. Open and close are the first and last by (ts, cursor, ordinal) (SPEC B-2). A tail trade that
 * repeats a stored or earlier one does not count.
 *
 * @throws what `classifyFailure` reads.
 */
export async function readBars(db: Database, query: BarsQuery, tag?: string): Promise<Bar[]> {
  const lengthUs = INTERVAL_SECONDS[query.interval] * 1_000_000;
  const firstUs = Math.ceil(query.fromUs / lengthUs) * lengthUs;
  const tail = firstOfEach(query.tail);
  let bars: Bar[] = [];
  let endUs = Math.ceil(query.toUs / lengthUs) * lengthUs;
  let depth = query.limit;
  while (bars.length < query.limit && endUs > firstUs) {
    const startUs = Math.max(firstUs, endUs - depth * lengthUs);
    const limit = query.limit - bars.length;
    const seen = await look(db, query, { tail, lengthUs, firstUs, startUs, endUs, limit }, tag);
    bars = [...seen.bars, ...bars];
    if (seen.olderUs === undefined) break;
    endUs = (Math.floor(seen.olderUs / lengthUs) + 1) * lengthUs;
    depth *= LOOK_GROWTH;
  }
  return bars;
}

interface Look {
  tail: readonly TailTrade[];
  lengthUs: number;
  /** All on bucket borders; nothing before the first is asked for. */
  firstUs: number;
  startUs: number;
  endUs: number;
  limit: number;
}

interface Seen {
  bars: Bar[];
  /** The newest trade before the look, undefined where there is none, or enough without it. */
  olderUs: number | undefined;
}

async function look(
  db: Database,
  query: BarsQuery,
  { tail, lengthUs, firstUs, startUs, endUs, limit }: Look,
  tag: string | undefined,
): Promise<Seen> {
  const trades = tail.filter(({ trade }) => trade.ts >= startUs && trade.ts < endUs);
  const [row = {}] = await db.query(
    selectBars(query.interval),
    [
      ...[query.symbol, lengthUs, momentText(startUs), momentText(endUs), query.storedThrough],
      numberArray(trades.map(({ trade }) => trade.ts)),
      numberArray(trades.map(({ trade }) => trade.price)),
      numberArray(trades.map(({ trade }) => trade.size)),
      textArray(trades.map(({ trade }) => trade.venue ?? "")),
      textArray(trades.map(({ trade }) => trade.id ?? "")),
      limit,
    ],
    tag,
  );
  const bars = barsOf(row);
  // Nobody asks what is older where nothing more is wanted, or nothing older.
  if (bars.length >= limit || startUs <= firstUs) return { bars, olderUs: undefined };
  const [stored = {}] = await db.query(
    selectOlder(query.interval),
    [query.symbol, momentText(firstUs), momentText(startUs), query.storedThrough],
    tag,
  );
  const older = tail.flatMap(({ trade }) =>
    trade.ts >= firstUs && trade.ts < startUs ? [trade.ts as number] : [],
  );
  if (typeof stored["older_us"] === "string") older.push(Number(stored["older_us"]));
  const olderUs = older.length === 0 ? undefined : older.reduce((a, b) => Math.max(a, b));
  return { bars, olderUs };
}

function barsOf(row: Row): Bar[] {
  const columns = ["open", "high", "low", "close", "volume", "trades"].map((name) =>
    numbersOf(row[name]),
  );
  const [open = [], high = [], low = [], close = [], volume = [], count = []] = columns;
  return numbersOf(row["ts"]).map((bucketUs, at) => ({
    ts: bucketUs as EpochUs,
    open: open[at] as number,
    high: high[at] as number,
    low: low[at] as number,
    close: close[at] as number,
    volume: volume[at] as number,
    trades: count[at] as number,
  }));
}

/** The tail without repetitions of its own; in log order the first is the one that is kept. */
function firstOfEach(tail: readonly TailTrade[]): TailTrade[] {
  const seen = new Set<string>();
  return tail.filter(({ trade }) => {
    const key = tradeKey(trade);
    if (key === null) return true;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
