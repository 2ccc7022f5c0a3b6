import { scannedOf } from "../../src/core/events/scan-points.ts";
import type { Database } from "../../src/db/driver/database.ts";
import { sql, statementOf } from "../../src/db/driver/sql.ts";
import { timestampOf } from "../../src/db/driver/sql-time.ts";
import { PointRows } from "../../src/db/store/point-rows.ts";
import { SeriesIdCache } from "../../src/db/store/series-ids.ts";
import { storeFrames } from "../../src/db/store/store-frames.ts";
import { batchesOf, type RoomFrames, type Tape } from "./tape.ts";

/** Inserts under way at once, as the Writer has them. */
const AT_ONCE = 2;

const BARE_TABLE = `create table bare_points (
  ts timestamptz not null, value double precision not null, cursor bigint not null,
  series_id integer not null, ordinal smallint not null, primary key (series_id, ts))`;
const BARE_INSERT = `insert into bare_points (ts, value, cursor, series_id, ordinal)
select ${statementOf(timestampOf(sql`u.ts_us`)).text}, u.value, u.cursor, u.series_id, u.ordinal
from unnest($1::int8[], $2::float8[], $3::int8[], $4::int4[], $5::int2[])
  as u (ts_us, value, cursor, series_id, ordinal)`;

export type LoadRates = {
  /** Points a second of each round. */
  stored: number[];
  /** Rows a second of the bare statement in the same round. */
  bare: number[];
};

/**
 * Stores the tape as the Writer does. The same rows go into a plain table of the same columns and primary key
 * as well, part by part in turns, so that both tables grow alike: its arrays are ready, its statement is the insert alone.
 * What is written by hand reads that table.
 */
export async function load(db: Database, tape: Tape, rounds: number): Promise<LoadRates> {
  const ids = new SeriesIdCache();
  await db.query(BARE_TABLE, []);
  const rates: LoadRates = { stored: [], bare: [] };
  const pointsOfARound = tape.points / rounds;
  let round = { points: 0, storedMs: 0, bareMs: 0 };
  const closeRound = () => {
    rates.stored.push((round.points / round.storedMs) * 1_000);
    rates.bare.push((round.points / round.bareMs) * 1_000);
    round = { points: 0, storedMs: 0, bareMs: 0 };
  };
  let isPeerFirst = false;
  for (const part of partsOf(batchesOf(tape), 20)) {
    let points = 0;
    const storePart = async () => {
      round.storedMs += await timed(part, async (rooms) => {
        const stored = await storeFrames(db, rooms, ids);
        points += stored.points;
      });
    };
    const storeBare = async () => {
      const columns = part.map((rooms) => bareColumns(rooms, ids));
      round.bareMs += await timed(columns, (params) => db.query(BARE_INSERT, params));
    };
    if (isPeerFirst) await storeBare();
    await storePart();
    if (!isPeerFirst) await storeBare();
    isPeerFirst = !isPeerFirst;
    round.points += points;
    if (round.points >= pointsOfARound * 0.999) closeRound();
  }
  if (round.points > pointsOfARound / 2) closeRound();
  return rates;
}

async function timed<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<number> {
  const waiting = [...items];
  const startMs = performance.now();
  const next = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return performance.now() - startMs;
}

function bareColumns(rooms: readonly RoomFrames[], ids: SeriesIdCache): string[] {
  const rows = new PointRows(ids.names);
  for (const { symbol, frames } of rooms) {
    for (const { cursor, events } of frames) {
      const place = { cursor, digits: String(cursor) };
      events.forEach((event, ordinal) => {
        if (event.kind === "metric") rows.add(symbol, scannedOf(event), place, ordinal);
      });
    }
  }
  if (rows.takeIds(ids.ids).length > 0) throw new Error("a series without an id");
  const { proof } = ids.ids;
  if (proof === null) throw new Error("no series has an id");
  const [insert, ...more] = rows.inserts(proof);
  if (insert === undefined || more.length > 0) throw new Error("a batch is not one insert");
  return statementOf(insert.plain()).params.slice(3, 8).map(String);
}

function* partsOf<Item>(items: Iterable<Item>, size: number): Generator<Item[]> {
  let part: Item[] = [];
  for (const item of items) {
    part.push(item);
    if (part.length === size) {
      yield part;
      part = [];
    }
  }
  if (part.length > 0) yield part;
}
