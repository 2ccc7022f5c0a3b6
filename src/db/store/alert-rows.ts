import { ALERT_SEVERITIES, ALERT_STATES, type AlertEvent } from "../../protocol/events/alert.ts";
import { BYTES_PER_UNIT } from "../driver/requests.ts";
import { float8s, int2s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import type { Insert } from "./collisions.ts";
import { IS_NAMED, insertInto } from "./insert-into.ts";
import { LatestRows, type PlacedRow } from "./latest-rows.ts";
import type { IdsProof } from "./series-ids.ts";

/** Upper bound of the numbers of one row in their arrays. */
const ROW_BYTES = 140;

/** A change is its place in the log. */
const PASS_OVER = sql`
on conflict (symbol_id, ts, cursor, ordinal) do nothing`;

type AlertRow = PlacedRow<AlertEvent>;

/** The changes of alerts of a batch. */
export const alertRows = () =>
  new LatestRows(
    (_: AlertEvent, cursor: number, ordinal: number) => `${cursor}\u0000${ordinal}`,
    (rows: readonly AlertRow[], proof) => [insertOf(rows, proof)],
  );

function insertOf(rows: readonly AlertRow[], proof: IdsProof): Insert {
  const column = <T>(of: (event: AlertEvent) => T) => rows.map(({ event }) => of(event));
  const insert = sql`
insert into alert_changes (ts, cursor, symbol_id, ordinal, rule, series, was, state, value, severity, message)
select ${timestampOf(sql`u.ts_us`)}, u.cursor, u.symbol_id, u.ordinal, u.rule, u.series, u.was, u.state, u.value, u.severity, u.message
from ${rowsOf("u", {
    ts_us: int8s(column(({ ts }) => ts)),
    cursor: int8s(rows.map(({ cursor }) => cursor)),
    symbol_id: int4s(rows.map(({ symbolId }) => symbolId as number)),
    ordinal: int2s(rows.map(({ ordinal }) => ordinal)),
    rule: texts(column(({ rule }) => rule)),
    series: texts(column(({ series }) => series ?? "")),
    was: int2s(column(({ from }) => ALERT_STATES.indexOf(from))),
    state: int2s(column(({ state }) => ALERT_STATES.indexOf(state))),
    value: float8s(column(({ value }) => value ?? null)),
    severity: int2s(column(({ severity }) => ALERT_SEVERITIES.indexOf(severity))),
    message: texts(column(({ message }) => message)),
  })}
where ${IS_NAMED}`;
  const unitsOf = ({ rule, series = "", message }: AlertEvent) =>
    rule.length + series.length + message.length;
  return {
    plain: () => insertInto(proof, insert),
    careful: () => insertInto(proof, sql`${insert}${PASS_OVER}`),
    bytes: rows.reduce((sum, { event }) => sum + ROW_BYTES + unitsOf(event) * BYTES_PER_UNIT, 0),
  };
}
