import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../../src/db/driver/database.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { advanceWatermark, readTapeState } from "../../../src/db/upkeep/tape-state.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { testDatabaseKinds } from "../databases.ts";
import { at, frame, freshSymbol, metric, room, trade } from "../events.ts";
import { type KeptDatabase, keepDatabase } from "../kept-database.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const SERIES = 24;
const POINT_S = 2;
/** Longer than the Keeper's first step of a fresh tape used to be. */
const OUTAGE = 130 * MINUTE;

/** The same database, in which a statement may take so long. */
function limited(db: Database, limitMs: number): Database & { cut: number; limitMs: number } {
  const self = {
    cut: 0,
    limitMs,
    transaction: async (statements: Parameters<Database["transaction"]>[0], tag?: string) => {
      const text = `set local statement_timeout = ${Math.round(self.limitMs)}`;
      const limit = { text, params: [] };
      try {
        return (await db.transaction([limit, ...statements], tag)).slice(1);
      } catch (error) {
        self.cut += 1;
        throw error;
      }
    },
    query: async (text: string, params: Parameters<Database["query"]>[1], tag?: string) =>
      (await self.transaction([{ text, params }], tag))[0] ?? [],
  };
  return self;
}

describe.each(testDatabaseKinds())("a Keeper after an outage on $name", ({ openMigrated }) => {
  let database: KeptDatabase;
  const ids = new SeriesIdCache();
  const symbol = freshSymbol();

  beforeAll(async () => {
    database = await keepDatabase(await openMigrated());
  });
  afterAll(() => database.close());

  const rows = async (text: string) => (await database.db.query(text, [])).map(Object.values);

  /** Hours, minutes and bars that are not what raw data says, of what is over. */
  const wrong = async () => {
    const over = (length: string) =>
      `bucket + interval '${length}' <= (select rolled_through from tape_state)`;
    const pairs = ["1 minute", "1 hour"].flatMap((length) => {
      const suffix = length === "1 hour" ? "1h" : "1m";
      return [
        `select * from (
           select series_id as key, date_bin('${length}', ts, 'epoch') as bucket, count(*), max(cursor),
             percentile_cont(0.95) within group (order by value) from points group by 1, 2) r where ${over(length)}
         except select series_id, bucket, count, cursor, p95 from metrics_${suffix}_live`,
        `select * from (
           select symbol_id as key, date_bin('${length}', ts, 'epoch') as bucket, count(*), max(price)
           from trades_live group by 1, 2) r where ${over(length)}
         except select symbol_id, bucket, trades, high from bars_${suffix}_live`,
      ];
    });
    return (await Promise.all(pairs.map(rows))).flat();
  };

  /** What was pushed while nobody kept the database: points every other second, and a trade each minute. */
  async function storeOutage(fromUs: number): Promise<void> {
    const names = Array.from({ length: SERIES }, (_, n) => metric(`m${n}`, fromUs, n));
    const minutes = Array.from({ length: OUTAGE / MINUTE }, (_, n) => fromUs + n * MINUTE);
    const trades = minutes.map((ts, n) => trade(ts, n, 1));
    await storeFrames(database.db, [room(symbol, frame(1, ...names), frame(2, ...trades))], ids);
    await database.db.query(
      `insert into points (ts, value, cursor, series_id, ordinal)
       select timestamptz 'epoch' + $1::int8 * interval '1 microsecond' + n * interval '${POINT_S} seconds', n % 97, 10 + n, s.id, 0
       from series s cross join generate_series(1, $2::int4) n`,
      [fromUs, OUTAGE / POINT_S / 1_000_000 - 1],
    );
  }

  it("INV-7 catches up in the end though no statement may take as long as an hour of all series does", async (context) => {
    const fromUs = await database.begin();
    const nowUs = (fromUs + OUTAGE + MINUTE) as EpochUs;
    await storeOutage(fromUs);
    // Of a Keeper that ended in the middle, or of a version that went further at once.
    await advanceWatermark(database.db, nowUs, HOUR);

    const hourMs = async () => {
      const began = performance.now();
      await database.db.query(
        `select series_id, percentile_cont(array[0.95, 0.99]) within group (order by value), array_agg(value order by ts)
         from points where ts < timestamptz 'epoch' + ($1::int8 + 3600000000) * interval '1 microsecond' group by 1`,
        [fromUs],
      );
      return performance.now() - began;
    };
    // A machine that is busy now may not be so later, and then nothing would be cut; or the other way round.
    const [quickestMs = 0, , slowestMs = 0] = [await hourMs(), await hourMs(), await hourMs()].sort(
      (a, b) => a - b,
    );
    const db = limited(database.db, Math.max(40, quickestMs / 3));
    const kept = await keepDatabase({ ...database, db });
    // Continuous aggregates are refreshed outside of transactions, and bucket by bucket.
    if (kept.mode === "timescale") return context.skip();
    kept.clock.nowUs = nowUs;
    // The machine does other things too: a statement that is short may be cut, and the Keeper comes again.
    const turn = () => kept.keep().catch(() => "behind" as const);
    let before = { cut: 0, rolledThroughUs: fromUs };
    for (let turns = 1; (await turn()) === "behind"; turns += 1) {
      expect(turns).toBeLessThan(200);
      const { rolledThroughUs } = await readTapeState(database.db);
      const isStuck = rolledThroughUs === before.rolledThroughUs && db.cut - before.cut > 8;
      if (isStuck) db.limitMs = Math.min(db.limitMs * 1.5, Math.max(40, slowestMs));
      if (isStuck || rolledThroughUs !== before.rolledThroughUs)
        before = { cut: db.cut, rolledThroughUs };
    }
    expect(db.cut).toBeGreaterThan(0);
    const { rolledThroughUs } = await readTapeState(database.db);
    expect(rolledThroughUs).toBe(Math.floor((nowUs - MINUTE) / MINUTE) * MINUTE);
    expect(await wrong()).toEqual([]);
  });

  it("INV-8 views say the same while an hour is half made as before and after", async (context) => {
    const { rollups, mode } = database;
    if (mode === "timescale") return context.skip();
    const { rolledThroughUs: fromUs } = await readTapeState(database.db);
    const hourUs = Math.floor(fromUs / HOUR) * HOUR;
    const toUs = at(hourUs + HOUR);
    const later = frame(100_000, metric("m1", fromUs + MINUTE, 1), trade(fromUs + MINUTE, 7, 1));
    await storeFrames(database.db, [room(symbol, later)], ids);
    const views = async () => {
      const all: unknown[] = [];
      for (const view of ["metrics_1m", "metrics_1h", "bars_1m", "bars_1h", "bars_1d"]) {
        const counted = view.startsWith("bars") ? "volume" : "count";
        all.push(
          view,
          await rows(
            `select timestamp, sum(${counted}), count(*) from ${view} group by 1 order by 1`,
          ),
        );
      }
      return all;
    };
    const before = await views();
    await advanceWatermark(database.db, toUs, HOUR);
    await rollups.rollMinutes(fromUs, toUs);
    expect(await rollups.rollHour(at(hourUs), 1)).toBe(1);
    expect(await views()).toEqual(before);
    // The first who asks for stale hours would take what this hour has not, and this hour not what they have.
    const late = frame(100_001, metric("m0", hourUs + 7, -1), trade(hourUs + 7, -1, 1));
    await storeFrames(database.db, [room(symbol, late)], ids);
    expect([await rollups.refreshPoints(9), await rollups.refreshTrades(9)]).toEqual([0, 0]);
    while ((await rollups.rollHour(at(hourUs), 1)) > 0);
    await rollups.moveOn(fromUs, toUs);
    while ((await rollups.refreshPoints(9)) + (await rollups.refreshTrades(9)) > 0);
    expect(await wrong()).toEqual([]);
  });
});
