import { tradeKey } from "../../core/events/encode-events.ts";
import type { TradeEvent } from "../../protocol/events/event.ts";
import { INTERVAL_SECONDS, type Interval } from "../../protocol/words/interval.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import { numbersOf, optionalNumbersOf } from "../driver/columns.ts";
import type { Database, Row } from "../driver/database.ts";
import { float8s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { param } from "../driver/sql.ts";
import { momentOf } from "../driver/sql-time.ts";
import type { BarsParams } from "./bars-params.ts";
import { type BarColumn, selectBars, selectOlder } from "./bars-sql.ts";

/** A trade that may not be in Postgres yet, with its place in the log. */
export interface TailTrade {
  cursor: Cursor;
  trade: TradeEvent;
}

/** A symbol whose bars are asked for, and what its room has of them. */
export interface TailedSymbol {
  symbol: SymbolName;
  /** Rows beyond this cursor are not read: the tail has those events. */
  storedThrough: Cursor;
  /** The trades after `storedThrough`, in the order of the log. */
  tail: readonly TailTrade[];
}

export interface BarsRange {
  interval: Interval;
  /** Bars whose bucket begins in [fromUs, toUs). */
  fromUs: EpochUs;
  toUs: EpochUs;
  /** The newest so many of a symbol. */
  limit: number;
}

/** Bars as columns, the oldest first. `trades` are NaN where nobody has said how many. */
export type BarColumns = Record<BarColumn | "ts", number[]>;

/** No bars. */
export const noBars = (): BarColumns => columnsOf({}, 0, 0);

/**
 * The first look covers `limit` buckets; where trading pauses, each further one begins at a trade
 * and goes deeper.
 */
const LOOK_GROWTH = 8;

/**
 * The bars of several symbols, in their order, by one statement: planning it costs as much as
 * reading a few hundred bars. Those that trade so rarely that the first look does not find enough
 * are looked at one after the other. Columns that are not asked for are empty.
 *
 * @throws DatabaseError
 */
export async function readBarColumns(
  db: Database,
  symbols: readonly TailedSymbol[],
  { interval, fromUs, toUs, limit }: BarsRange,
  columns: readonly BarColumn[],
  tag?: string,
): Promise<BarColumns[]> {
  const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
  const firstUs = Math.ceil(fromUs / lengthUs) * lengthUs;
  const lastUs = Math.ceil(toUs / lengthUs) * lengthUs;
  if (limit < 1 || lastUs <= firstUs) return symbols.map(noBars);
  const asked = symbols.map((one) => ({ ...one, tail: firstOfEach(one.tail) }));
  const startUs = Math.max(firstUs, lastUs - limit * lengthUs);
  const how = { interval, lengthUs, columns };
  const all = await look(db, asked, { ...how, startUs, endUs: lastUs, limit }, tag);
  for (const [place, symbol] of asked.entries()) {
    const bars = all[place] as BarColumns;
    let beganUs = startUs;
    for (let depth = LOOK_GROWTH * limit; ; depth *= LOOK_GROWTH) {
      if (bars.ts.length >= limit || beganUs <= firstUs) break;
      const olderUs = await newestBetween(db, symbol, interval, firstUs, beganUs, tag);
      if (olderUs === undefined) break;
      const endUs = (Math.floor(olderUs / lengthUs) + 1) * lengthUs;
      beganUs = Math.max(firstUs, endUs - depth * lengthUs);
      const deeper = { startUs: beganUs, endUs, limit: limit - bars.ts.length };
      const [found] = await look(db, [symbol], { ...how, ...deeper }, tag);
      for (const name of ["ts", ...columns] as const) {
        bars[name] = (found?.[name] ?? []).concat(bars[name]);
      }
    }
  }
  return all;
}

interface Look {
  interval: Interval;
  columns: readonly BarColumn[];
  lengthUs: number;
  /** Both on bucket borders. */
  startUs: number;
  endUs: number;
  limit: number;
}

async function look(
  db: Database,
  symbols: readonly TailedSymbol[],
  { interval, columns, lengthUs, startUs, endUs, limit }: Look,
  tag: string | undefined,
): Promise<BarColumns[]> {
  const trades = symbols.flatMap(({ tail }, at) =>
    tail
      .filter(({ trade }) => trade.ts >= startUs && trade.ts < endUs)
      .map(({ trade }) => ({ place: at + 1, trade })),
  );
  const isCut = (endUs - startUs) / lengthUs > limit;
  const params: BarsParams = {
    asked: rowsOf(
      "a",
      {
        symbol: texts(symbols.map(({ symbol }) => symbol)),
        stored_through: int8s(symbols.map(({ storedThrough }) => storedThrough)),
      },
      "place",
    ),
    lengthUs: param(lengthUs),
    from: momentOf(startUs),
    to: momentOf(endUs),
    tail: rowsOf(
      "u",
      {
        place: int4s(trades.map(({ place }) => place)),
        ts_us: int8s(trades.map(({ trade }) => trade.ts)),
        price: float8s(trades.map(({ trade }) => trade.price)),
        size: float8s(trades.map(({ trade }) => trade.size)),
        venue: texts(trades.map(({ trade }) => trade.venue ?? "")),
        trade_id: texts(trades.map(({ trade }) => trade.id ?? "")),
      },
      "nth",
    ),
    limit: isCut ? param(limit) : null,
  };
  const rows = await ask(db, selectBars(params, interval, columns), tag);
  const found = symbols.map(noBars);
  for (const row of rows) found[Number(row["place"]) - 1] = columnsOf(row, startUs, lengthUs);
  return found;
}

/**
 * The newest moment in [fromUs, toUs) of which there is something of a symbol, undefined where
 * there is nothing.
 */
async function newestBetween(
  db: Database,
  { symbol, storedThrough, tail }: TailedSymbol,
  interval: Interval,
  fromUs: number,
  toUs: number,
  tag: string | undefined,
): Promise<number | undefined> {
  const range = { from: momentOf(fromUs), to: momentOf(toUs) };
  const older = selectOlder(interval, symbol, range, param(storedThrough));
  const [row = {}] = await ask(db, older, tag);
  const moments = tail.flatMap(({ trade }) =>
    trade.ts >= fromUs && trade.ts < toUs ? [trade.ts as number] : [],
  );
  if (typeof row["older_us"] === "string") moments.push(Number(row["older_us"]));
  return moments.length === 0 ? undefined : moments.reduce((a, b) => Math.max(a, b));
}

function columnsOf(row: Row, startUs: number, lengthUs: number): BarColumns {
  const of = (name: BarColumn | "nth") => numbersOf(row[name]);
  return {
    ts: of("nth").map((nth) => startUs + nth * lengthUs),
    ...{ open: of("open"), high: of("high"), low: of("low"), close: of("close") },
    ...{ volume: of("volume"), trades: tradesOf(row) },
  };
}

/** How many trades each bar has. */
export function tradesOf(row: Row): number[] {
  return optionalNumbersOf(row["trades"]).map((count) => count ?? Number.NaN);
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
