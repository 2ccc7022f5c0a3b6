import type { PositionEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { BYTES_PER_UNIT } from "../driver/requests.ts";
import { float8s, int2s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import type { Insert } from "./collisions.ts";
import { IS_NAMED, insertInto } from "./insert-into.ts";
import type { DatabaseIds, IdsProof } from "./series-ids.ts";

const ROWS_PER_STATEMENT = 2_000;
/** Upper bound of the numbers of one row in their arrays. */
const ROW_BYTES = 130;

/** INV-9: of two positions of an account at one moment the later in the log stays. */
const LATER_WINS = sql`
on conflict (symbol_id, account, ts) do update
set quantity = excluded.quantity, cursor = excluded.cursor, ordinal = excluded.ordinal,
  avg_price = excluded.avg_price
where (excluded.cursor, excluded.ordinal) > (position_states.cursor, position_states.ordinal)`;

interface PositionRow {
  symbol: SymbolName;
  symbolId: number | undefined;
  position: PositionEvent;
  cursor: Cursor;
  ordinal: number;
}

/** The positions of a batch. */
export class PositionRows {
  readonly #rows = new Map<string, PositionRow>();

  get rowCount(): number {
    return this.#rows.size;
  }

  add(symbol: SymbolName, position: PositionEvent, cursor: Cursor, ordinal: number): void {
    const key = `${symbol}\u0000${position.ts}\u0000${position.account ?? ""}`;
    const found = this.#rows.get(key);
    const isLater =
      found === undefined ||
      cursor > found.cursor ||
      (cursor === found.cursor && ordinal > found.ordinal);
    if (isLater) this.#rows.set(key, { symbol, symbolId: undefined, position, cursor, ordinal });
  }

  /** Takes the ids that there are; returns the symbols that have none. */
  takeIds(ids: DatabaseIds): SymbolName[] {
    const unknown = new Set<SymbolName>();
    for (const row of this.#rows.values()) {
      row.symbolId ??= ids.symbolId(row.symbol);
      if (row.symbolId === undefined) unknown.add(row.symbol);
    }
    return [...unknown];
  }

  /** The inserts, once every symbol has its id in the database of the proof. */
  *inserts(proof: IdsProof): Generator<Insert> {
    const rows = [...this.#rows.values()];
    for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
      yield insertOf(rows.slice(from, from + ROWS_PER_STATEMENT), proof);
    }
  }
}

function insertOf(rows: readonly PositionRow[], proof: IdsProof): Insert {
  const accounts = rows.map(({ position }) => position.account ?? "");
  const column = <T>(of: (row: PositionRow) => T) => rows.map(of);
  const insert = sql`
insert into position_states (ts, quantity, cursor, symbol_id, ordinal, avg_price, account)
select ${timestampOf(sql`u.ts_us`)}, u.quantity, u.cursor, u.symbol_id, u.ordinal, u.avg_price, u.account
from ${rowsOf("u", {
    ts_us: int8s(column(({ position }) => position.ts)),
    quantity: float8s(column(({ position }) => position.quantity)),
    cursor: int8s(column(({ cursor }) => cursor)),
    symbol_id: int4s(column(({ symbolId }) => symbolId as number)),
    ordinal: int2s(column(({ ordinal }) => ordinal)),
    avg_price: float8s(column(({ position }) => position.avg_price ?? null)),
    account: texts(accounts),
  })}
where ${IS_NAMED}`;
  return {
    plain: () => insertInto(proof, insert),
    careful: () => insertInto(proof, sql`${insert}${LATER_WINS}`),
    bytes: accounts.reduce((sum, { length }) => sum + ROW_BYTES + length * BYTES_PER_UNIT, 0),
  };
}
