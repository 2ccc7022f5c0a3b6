import type { PositionEvent } from "../../protocol/events/event.ts";
import { BYTES_PER_UNIT } from "../driver/requests.ts";
import { float8s, int2s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import type { Insert } from "./collisions.ts";
import { IS_NAMED, insertInto } from "./insert-into.ts";
import { LatestRows, type PlacedRow } from "./latest-rows.ts";
import type { IdsProof } from "./series-ids.ts";

/** Upper bound of the numbers of one row in their arrays. */
const ROW_BYTES = 130;

/** INV-9: of two positions of an account at one moment the later in the log stays. */
const LATER_WINS = sql`
on conflict (symbol_id, account, ts) do update
set quantity = excluded.quantity, cursor = excluded.cursor, ordinal = excluded.ordinal,
  avg_price = excluded.avg_price
where (excluded.cursor, excluded.ordinal) > (position_states.cursor, position_states.ordinal)`;

/** The positions of a batch. */
export const positionRows = () =>
  new LatestRows<PositionEvent>(
    ({ ts, account }) => `${ts}\u0000${account ?? ""}`,
    (rows, proof) => [insertOf(rows, proof)],
  );

function insertOf(rows: readonly PlacedRow<PositionEvent>[], proof: IdsProof): Insert {
  const accounts = rows.map(({ event }) => event.account ?? "");
  const column = <T>(of: (row: PlacedRow<PositionEvent>) => T) => rows.map(of);
  const insert = sql`
insert into position_states (ts, quantity, cursor, symbol_id, ordinal, avg_price, account)
select ${timestampOf(sql`u.ts_us`)}, u.quantity, u.cursor, u.symbol_id, u.ordinal, u.avg_price, u.account
from ${rowsOf("u", {
    ts_us: int8s(column(({ event }) => event.ts)),
    quantity: float8s(column(({ event }) => event.quantity)),
    cursor: int8s(column(({ cursor }) => cursor)),
    symbol_id: int4s(column(({ symbolId }) => symbolId as number)),
    ordinal: int2s(column(({ ordinal }) => ordinal)),
    avg_price: float8s(column(({ event }) => event.avg_price ?? null)),
    account: texts(accounts),
  })}
where ${IS_NAMED}`;
  return {
    plain: () => insertInto(proof, insert),
    careful: () => insertInto(proof, sql`${insert}${LATER_WINS}`),
    bytes: accounts.reduce((sum, { length }) => sum + ROW_BYTES + length * BYTES_PER_UNIT, 0),
  };
}
