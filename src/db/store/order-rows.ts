import { orderKey, rankOf, replaces, stateKey } from "../../core/orders/order-state.ts";
import type { OrderEvent } from "../../protocol/events/order.ts";
import { BYTES_PER_UNIT } from "../driver/requests.ts";
import { float8s, int2s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import type { Insert } from "./collisions.ts";
import { IS_NAMED, insertInto } from "./insert-into.ts";
import { LatestRows, type PlacedRow } from "./latest-rows.ts";
import type { IdsProof } from "./series-ids.ts";

/** Upper bound of the numbers of one row in their arrays. */
const ROW_BYTES = 240;

/** `side`, so that `sum(filled * side)` is the net flow. */
const SIDE_NUMBER = { buy: 1, sell: -1 } as const;

/** INV-9: of two states of one name the later in the log stays. */
const LATER_WINS = sql`
on conflict (symbol_id, order_id, venue, account, ts, status) do update
set cursor = excluded.cursor, ordinal = excluded.ordinal, quantity = excluded.quantity, price = excluded.price,
  filled = excluded.filled, avg_price = excluded.avg_price, side = excluded.side, type = excluded.type,
  correlation_id = excluded.correlation_id
where (excluded.cursor, excluded.ordinal) > (order_states.cursor, order_states.ordinal)`;

/** Whatever order states are stored in: the first moment, and the newest state (SPEC OR-3). */
const GROW = sql`
on conflict (symbol_id, order_id, venue, account) do update
set first_ts = least(excluded.first_ts, order_lives.first_ts),
  ts = case when (excluded.ts, excluded.status) > (order_lives.ts, order_lives.status) then excluded.ts else order_lives.ts end,
  status = case when (excluded.ts, excluded.status) > (order_lives.ts, order_lives.status) then excluded.status else order_lives.status end
where excluded.first_ts < order_lives.first_ts or (excluded.ts, excluded.status) > (order_lives.ts, order_lives.status)`;

type OrderRow = PlacedRow<OrderEvent>;

/**
 * The states of orders of a batch. States come before the lives that name them: who reads in between finds what the tail has as
 * well.
 */
export const orderRows = () =>
  new LatestRows(stateKey, (rows: readonly OrderRow[], proof) => [
    insertStates(rows, proof),
    insertLives(rows, proof),
  ]);

const columnsOf =
  (rows: readonly OrderRow[]) =>
  <T>(of: (state: OrderEvent) => T) =>
    rows.map(({ event }) => of(event));

function insertStates(rows: readonly OrderRow[], proof: IdsProof): Insert {
  const column = columnsOf(rows);
  const insert = sql`
insert into order_states (ts, cursor, quantity, price, filled, avg_price, symbol_id, ordinal, status, side, account, venue,
  order_id, type, correlation_id)
select ${timestampOf(sql`u.ts_us`)}, u.cursor, u.quantity, u.price, u.filled, u.avg_price, u.symbol_id, u.ordinal, u.status, u.side,
  u.account, u.venue, u.order_id, nullif(u.type, ''), nullif(u.correlation_id, '')
from ${rowsOf("u", {
    ts_us: int8s(column(({ ts }) => ts)),
    cursor: int8s(rows.map(({ cursor }) => cursor)),
    quantity: float8s(column(({ quantity }) => quantity ?? null)),
    price: float8s(column(({ price }) => price ?? null)),
    filled: float8s(column(({ filled }) => filled ?? null)),
    avg_price: float8s(column(({ avg_price }) => avg_price ?? null)),
    symbol_id: int4s(rows.map(({ symbolId }) => symbolId as number)),
    ordinal: int2s(rows.map(({ ordinal }) => ordinal)),
    status: int2s(column(({ status }) => rankOf(status))),
    side: int2s(column(({ side }) => (side === undefined ? null : SIDE_NUMBER[side]))),
    account: texts(column(({ account }) => account ?? "")),
    venue: texts(column(({ venue }) => venue ?? "")),
    order_id: texts(column(({ id }) => id)),
    type: texts(column(({ type }) => type ?? "")),
    correlation_id: texts(column(({ correlation_id }) => correlation_id ?? "")),
  })}
where ${IS_NAMED}`;
  return {
    plain: () => insertInto(proof, insert),
    careful: () => insertInto(proof, sql`${insert}${LATER_WINS}`),
    bytes: rows.reduce((sum, { event }) => sum + ROW_BYTES + unitsOf(event) * BYTES_PER_UNIT, 0),
  };
}

/** One row an order, for a statement takes a row once; by name, so that two Writers do not wait for each other. */
function insertLives(rows: readonly OrderRow[], proof: IdsProof): Insert {
  const lives = [...livesOf(rows)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, life]) => life);
  const column = columnsOf(lives);
  const insert = () =>
    insertInto(
      proof,
      sql`
insert into order_lives (first_ts, ts, symbol_id, status, account, venue, order_id)
select ${timestampOf(sql`u.first_us`)}, ${timestampOf(sql`u.ts_us`)}, u.symbol_id, u.status, u.account, u.venue, u.order_id
from ${rowsOf("u", {
        first_us: int8s(lives.map(({ firstUs }) => firstUs)),
        ts_us: int8s(column(({ ts }) => ts)),
        symbol_id: int4s(lives.map(({ symbolId }) => symbolId as number)),
        status: int2s(column(({ status }) => rankOf(status))),
        account: texts(column(({ account }) => account ?? "")),
        venue: texts(column(({ venue }) => venue ?? "")),
        order_id: texts(column(({ id }) => id)),
      })}
where ${IS_NAMED}${GROW}`,
    );
  return {
    // An order is there already as a rule: that is no collision.
    ...{ plain: insert, careful: insert },
    bytes: lives.reduce((sum, { event }) => sum + ROW_BYTES + unitsOf(event) * BYTES_PER_UNIT, 0),
  };
}

function livesOf(rows: readonly OrderRow[]): Map<string, OrderRow & { firstUs: number }> {
  const lives = new Map<string, OrderRow & { firstUs: number }>();
  for (const row of rows) {
    const key = `${row.symbol}\u0000${orderKey(row.event)}`;
    const known = lives.get(key);
    if (known === undefined) {
      lives.set(key, { ...row, firstUs: row.event.ts });
      continue;
    }
    const firstUs = Math.min(known.firstUs, row.event.ts);
    const newest = replaces(row.event, known.event) ? row : known;
    lives.set(key, { ...newest, firstUs });
  }
  return lives;
}

function unitsOf({ id, venue, account, type, correlation_id }: OrderEvent): number {
  return [id, venue, account, type, correlation_id].reduce(
    (sum, text) => sum + (text?.length ?? 0),
    0,
  );
}
