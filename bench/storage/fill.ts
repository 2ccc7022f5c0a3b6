import { ask } from "../../src/db/driver/ask.ts";
import type { Database } from "../../src/db/driver/database.ts";
import type { DatabaseMode } from "../../src/db/driver/mode.ts";
import { identifier, literal, param, type Sql, sql } from "../../src/db/driver/sql.ts";
import { momentOf, timestampOf } from "../../src/db/driver/sql-time.ts";
import { POINT_ROLLUP_COLUMNS } from "../../src/db/upkeep/rollups/point-rollups.ts";
import { DAY_US, DAYS, MINUTE_US, SYMBOLS, type Tape } from "./tape.ts";

const TRADE_EVERY_S = 30;
const OTHER_SYMBOLS = 80;
export const YEAR_SYMBOL = "YEAR";
export const YEAR_METRIC = "metric_0";
export const ACCOUNT = "main";

/**
 * Makes an empty database look like one that has been up since the tape began: a watermark that has not passed it yet, so
 * that nothing is late, all of before packed, and on plain Postgres ranges as they would have been made, instead of the first,
 * which holds all that came before.
 */
export async function beginAt(db: Database, mode: DatabaseMode, { startUs }: Tape): Promise<void> {
  const start = timestampOf(param(startUs));
  await ask(
    db,
    sql`update tape_state set watermark = date_bin('1 minute', ${start}, 'epoch'),
       rolled_through = date_bin('1 minute', ${start}, 'epoch')`,
  );
  if (mode === "timescale") return;
  await db.query(
    "update tape_state set packed_through = date_bin('1 day', rolled_through, 'epoch')",
    [],
  );
  if (mode !== "plain") return;
  for (const [table, from, length] of [
    ["points", "packed_through", "1 day"],
    ["trades_live", "raw_from", "7 days"],
    ["metrics_1m_live", "minutes_from", "28 days"],
    ["bars_1m_live", "minutes_from", "28 days"],
  ]) {
    const [old] = await db.query(
      `select child, range_to::text from ranges_of('${table}') order by range_to limit 1`,
      [],
    );
    await db.transaction([
      { text: `drop table ${old?.["child"]}`, params: [] },
      {
        text: `select add_range('${table}', at, least(at + interval '${length}', $1::timestamptz))
          from tape_state, generate_series(${from}, $1::timestamptz - interval '1 second', interval '${length}') at`,
        params: [old?.["range_to"] as string],
      },
    ]);
  }
}

/** Trades of 20 symbols every 30 s, as many in a tape of any size, and of 80 others in proportion; in the order of time. */
export async function fillTrades(db: Database, tape: Tape): Promise<number> {
  const others = Array.from({ length: OTHER_SYMBOLS }, (_, at) => `T${at}`);
  await db.query(
    `insert into symbols (symbol) select unnest($1::text[]) on conflict (symbol) do nothing`,
    [`{${[...SYMBOLS, ...others].join(",")}}`],
  );
  const othersEveryS = Math.max(60, Math.round((DAYS * 86_400 * OTHER_SYMBOLS * 5) / tape.points));
  const insert = (pattern: string, everyS: number, from: Sql, to: Sql) => sql`
insert into trades_live (ts, price, size, cursor, symbol_id, ordinal, side)
select ts, round((100 + y.id % 7 + 5 * sin(extract(epoch from ts) / (3000 + 400 * (y.id % 11))) + random())::numeric, 2), 1 + y.id % 5,
  (extract(epoch from ts) * 1000000)::int8 + 50000, y.id, 0, 1 - 2 * (y.id % 2)
from generate_series(${from}, ${to} - interval '1 second', interval '${literal(everyS)} seconds') ts
cross join symbols y where y.symbol like ${pattern} order by ts, y.id`;
  for (let fromUs = tape.startUs; fromUs < tape.endUs; fromUs += DAY_US) {
    const range = [momentOf(fromUs), momentOf(fromUs + DAY_US)] as const;
    await ask(db, insert("S%", TRADE_EVERY_S, ...range));
    await ask(db, insert("T%", othersEveryS, ...range));
  }
  const [row] = await db.query("select count(*)::float8 as count from trades_live", []);
  return Number(row?.["count"]);
}

/** Two accounts of 20 symbols, whose positions change every five minutes. */
export async function fillPositions(db: Database, { startUs, endUs }: Tape): Promise<void> {
  await ask(
    db,
    sql`insert into position_states (ts, quantity, cursor, symbol_id, ordinal, avg_price, account)
select ts, 100 + (extract(epoch from ts)::int8 / 300 * 7919 + y.id) % 900, (extract(epoch from ts) * 1000000)::int8 + 50000,
  y.id, 0, 100, account
from generate_series(${momentOf(startUs)}, ${momentOf(endUs)} - interval '1 second', interval '5 minutes') ts
cross join symbols y cross join (values (${ACCOUNT}), ('other')) a (account)
where y.symbol like 'S%' order by ts, y.id`,
  );
}

/** A year of minutes and hours of one series, as the Keeper would have made them of a point every ten seconds. */
export async function fillYear(db: Database, mode: DatabaseMode, endUs: number): Promise<void> {
  // Continuous aggregates cannot be written to.
  if (mode === "timescale") return;
  await db.query(
    `with y as (insert into symbols (symbol) values ('${YEAR_SYMBOL}') returning id)
insert into series (symbol_id, metric, labels, labels_key) select id, '${YEAR_METRIC}', '{}', '{}' from y`,
    [],
  );
  const lastUs = Math.floor((endUs - 60 * MINUTE_US) / (60 * MINUTE_US)) * 60 * MINUTE_US;
  for (const [table, minutes] of [
    ["metrics_1m_live", 1],
    ["metrics_1h_live", 60],
  ] as const) {
    await ask(
      db,
      sql`insert into ${identifier(table)} (${POINT_ROLLUP_COLUMNS})
select s.id, at, n, n * v, v - 1, v + 1, v, v, v, v, at, at + interval '${literal(minutes)} minutes' - interval '10 seconds',
  (extract(epoch from at) * 1000000)::int8
from series s join symbols y on y.id = s.symbol_id
cross join generate_series(greatest(${momentOf(lastUs - 365 * DAY_US)}, (select minutes_from from tape_state)),
  ${momentOf(lastUs)} - interval '1 minute', interval '${literal(minutes)} minutes') at
cross join lateral (select ${literal(minutes * 6)} as n, 50 + 10 * sin(extract(epoch from at) / 9000) as v) x
where y.symbol = ${YEAR_SYMBOL}`,
    );
  }
}
