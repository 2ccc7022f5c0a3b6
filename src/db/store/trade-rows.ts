import { tradeKey } from "../../core/events/encode-events.ts";
import type { TradeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { BYTES_PER_UNIT } from "../driver/requests.ts";
import { float8s, int2s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { NOTHING, param, type Sql, sql } from "../driver/sql.ts";
import type { Insert } from "./collisions.ts";
import { insertOfTime } from "./insert-of-time.ts";
import type { DatabaseIds, IdsProof } from "./series-ids.ts";

const ROWS_PER_STATEMENT = 10_000;
const MAX_STATEMENT_BYTES = 4 * 1024 * 1024;
/** Upper bound of the numbers of one row in their arrays. */
const ROW_BYTES = 140;

/** What an insert of trades does with those that are stored already. */
type Settle = (table: Sql) => Sql;

/** A trade without an id is its place in the log. */
const passOver: Settle = () => sql`on conflict (symbol_id, ts, cursor, ordinal) do nothing`;

/** The first of equal trades is kept, whatever order they are stored in. */
const firstWins: Settle = (
  table,
) => sql`on conflict (symbol_id, venue, trade_id, ts) where trade_id <> '' do update
set price = excluded.price, size = excluded.size, cursor = excluded.cursor, ordinal = excluded.ordinal,
  side = excluded.side
where (excluded.cursor, excluded.ordinal) < (${table}.cursor, ${table}.ordinal)`;

/** `side`, so that `sum(size * side)` is the net flow. */
const SIDE_NUMBER = { buy: 1, sell: -1, none: 0 } as const;

interface TradeRow {
  symbol: SymbolName;
  symbolId: number | undefined;
  trade: TradeEvent;
  cursor: Cursor;
  ordinal: number;
}

/** The trades of a batch. */
export class TradeRows {
  readonly #anonymous: TradeRow[] = [];
  readonly #identified = new Map<string, TradeRow>();

  get rowCount(): number {
    return this.#anonymous.length + this.#identified.size;
  }

  add(symbol: SymbolName, trade: TradeEvent, cursor: Cursor, ordinal: number): void {
    const row = { symbol, symbolId: undefined, trade, cursor, ordinal };
    const key = tradeKey(trade);
    if (key === null) {
      this.#anonymous.push(row);
      return;
    }
    const fullKey = `${symbol}\u0001${key}`;
    const found = this.#identified.get(fullKey);
    if (found === undefined || isBefore(row, found)) this.#identified.set(fullKey, row);
  }

  /** Takes the ids that there are; returns the symbols that have none. */
  takeIds(ids: DatabaseIds): SymbolName[] {
    const unknown = new Set<SymbolName>();
    for (const row of this.#rows()) {
      row.symbolId ??= ids.symbolId(row.symbol);
      if (row.symbolId === undefined) unknown.add(row.symbol);
    }
    return [...unknown];
  }

  /** The inserts, once every symbol has its id in the database of the proof. */
  inserts(proof: IdsProof): Insert[] {
    return [
      ...insertsOf(passOver, this.#anonymous, proof),
      ...insertsOf(firstWins, [...this.#identified.values()], proof),
    ];
  }

  *#rows(): Generator<TradeRow> {
    yield* this.#anonymous;
    yield* this.#identified.values();
  }
}

function isBefore(a: TradeRow, b: TradeRow): boolean {
  return a.cursor < b.cursor || (a.cursor === b.cursor && a.ordinal < b.ordinal);
}

function* insertsOf(settle: Settle, rows: readonly TradeRow[], proof: IdsProof): Generator<Insert> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const size = rowBytes((rows[at] as TradeRow).trade);
    if (at - from >= ROWS_PER_STATEMENT || (at > from && bytes + size > MAX_STATEMENT_BYTES)) {
      yield insertOf(settle, rows.slice(from, at), bytes, proof);
      from = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < rows.length) yield insertOf(settle, rows.slice(from), bytes, proof);
}

function rowBytes(trade: TradeEvent): number {
  const units = (trade.venue?.length ?? 0) + (trade.id?.length ?? 0);
  return ROW_BYTES + units * BYTES_PER_UNIT;
}

function insertOf(
  settle: Settle,
  trades: readonly TradeRow[],
  bytes: number,
  proof: IdsProof,
): Insert {
  const column = <T>(of: (row: TradeRow) => T) => trades.map(of);
  const rows = rowsOf("u", {
    ts_us: int8s(column(({ trade }) => trade.ts)),
    price: float8s(column(({ trade }) => trade.price)),
    size: float8s(column(({ trade }) => trade.size)),
    cursor: int8s(column(({ cursor }) => cursor)),
    symbol_id: int4s(column(({ symbolId }) => symbolId as number)),
    ordinal: int2s(column(({ ordinal }) => ordinal)),
    side: int2s(column(({ trade }) => SIDE_NUMBER[trade.side ?? "none"])),
    venue: texts(column(({ trade }) => trade.venue ?? "")),
    trade_id: texts(column(({ trade }) => trade.id ?? "")),
  });
  const earliest = param(trades.reduce((least, { trade }) => Math.min(least, trade.ts), Infinity));
  const insert = (settled: Settle) =>
    insertOfTime({
      table: "trades",
      live: sql`trades_live`,
      columns: sql`ts, price, size, cursor, symbol_id, ordinal, side, venue, trade_id`,
      values: sql`u.price, u.size, u.cursor, u.symbol_id, u.ordinal, u.side, u.venue, u.trade_id`,
      rows,
      earliest,
      proof,
      stale: { table: sql`stale_trades`, key: sql`symbol_id` },
      isSame: sql`p.symbol_id = u.symbol_id and p.ts = u.ts and case when u.trade_id = ''
      then p.trade_id = '' and p.cursor = u.cursor and p.ordinal = u.ordinal
      else p.venue = u.venue and p.trade_id = u.trade_id end`,
      isPacked: false,
      settle: settled,
    });
  return { plain: () => insert(() => NOTHING), careful: () => insert(settle), bytes };
}
