import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isWanted, type LogFilter } from "../../../src/core/logs/log-filter.ts";
import { newestFirst, type PlacedLine } from "../../../src/core/logs/log-place.ts";
import { readSearch } from "../../../src/core/logs/log-words.ts";
import { HOUR_US } from "../../../src/core/time/duration.ts";
import { readLogLines } from "../../../src/db/logs/read-log-lines.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { retainLogs } from "../../../src/db/upkeep/retain-logs.ts";
import { LOG_LEVELS } from "../../../src/protocol/events/log.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, line, room } from "../events.ts";

const DAY_US = 24 * HOUR_US;
/** Noon of today: the days around it have tables of their own. */
const NOON_US = Math.floor((Date.now() * 1_000) / DAY_US) * DAY_US + 12 * HOUR_US;
const SYMBOLS = ["_system", "BTC-USD", "ETH.O'X"] as SymbolName[];

// Few of each, so that they meet; moments of now, of other days, and of none that has a table.
const moment = fc
  .tuple(fc.constantFrom(0, 0, 0, -1, -2, -40, 20), fc.constantFrom(0, 1, 2, HOUR_US, -HOUR_US))
  .map(([days, us]) => NOON_US + days * DAY_US + us);
const service = fc.constantFrom(undefined, "gateway", "it's", "a\\b");
const id = fc.constantFrom(undefined, "req-1", "req-2");
const anyLine = fc.record({
  ts: moment,
  symbol: fc.constantFrom(...SYMBOLS),
  level: fc.constantFrom(...LOG_LEVELS),
  event: fc.constantFrom("order sent", "Order FILLED, id=42", "naïve Ωmega_1", ""),
  service,
  id,
  field: fc.constantFrom(undefined, "fill", 42, true, null, { deep: ["order", 1.5] }),
});
const anyFilter = fc.record({
  symbols: fc.option(fc.subarray(SYMBOLS)),
  service: fc.option(fc.constantFrom("gateway", "it's", "a\\b", "none")),
  correlationId: fc.option(fc.constantFrom("req-1", "none")),
  level: fc.constantFrom(...LOG_LEVELS),
  q: fc.constantFrom("", "", "order", "ORD*", "order 42", "ωmega_1", "true", "1", "none", "fill*"),
  from: fc.constantFrom(NOON_US - 60 * DAY_US, NOON_US - 2 * DAY_US, NOON_US),
  to: fc.constantFrom(NOON_US + 60 * DAY_US, NOON_US + 1, NOON_US + 2),
  page: fc.integer({ min: 1, max: 4 }),
});

describe.each(testDatabaseKinds())("log lines on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());
  const clear = async () => {
    await database.backend.run({ text: "delete from log_lines", params: [] });
  };
  const count = async () => {
    const [row] = await database.db.query("select count(*)::int4 as count from log_lines", []);
    return row?.["count"];
  };

  it("LG-7 are found, page by page, as somebody would who looked at each", async () => {
    const ids = new SeriesIdCache();
    const asked = fc.record({
      lines: fc.array(anyLine, { minLength: 1, maxLength: 30 }),
      filters: fc.array(anyFilter, { minLength: 1, maxLength: 3 }),
      scannedLines: fc.constantFrom(1, 3, 20_000),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ lines, filters, scannedLines }) => {
        await clear();
        const placed: PlacedLine[] = lines.map(({ ts, symbol, event, level, ...rest }, nth) => {
          const made = line(ts, event, {
            level,
            ...(rest.service !== undefined && { service: rest.service }),
            ...(rest.id !== undefined && { correlation_id: rest.id }),
            ...(rest.field !== undefined && { fields: { x: rest.field } }),
          });
          // Two hosts may give one cursor.
          const cursor = cursorAt(1 + Math.floor(nth / 2));
          return { ts: at(ts), cursor, ordinal: 0, symbol, event: made };
        });
        const unique = new Map(placed.map((one) => [`${one.symbol} ${one.cursor}`, one]));
        const rooms = SYMBOLS.map((symbol) =>
          room(
            symbol,
            ...[...unique.values()]
              .filter((one) => one.symbol === symbol)
              .map((one) => frame(one.cursor, one.event)),
          ),
        );
        await storeFrames(database.db, rooms, ids);
        // Stored again it changes nothing (INV-6).
        await storeFrames(database.db, rooms, ids);
        expect(await count()).toBe(unique.size);
        for (const { symbols, from, to, page, q, ...rest } of filters) {
          const filter: LogFilter = {
            ...rest,
            symbols:
              symbols === null ? null : { stored: symbols, has: (one) => symbols.includes(one) },
            search: readSearch(q),
            ...{ fromUs: at(from), toUs: at(to), after: null },
          };
          const wanted = [...unique.values()]
            .filter((one) => isWanted(one, filter))
            .sort(newestFirst);
          const found: PlacedLine[] = [];
          for (let turn = 0; turn <= wanted.length; turn += 1) {
            const after = found.at(-1) ?? null;
            const read = await readLogLines(database.db, { ...filter, after }, page, {
              scannedLines,
            });
            const next = read
              .filter((one) => isWanted(one, { ...filter, after }))
              .sort(newestFirst);
            if (next.length === 0) break;
            found.push(...next.slice(0, page));
          }
          expect(found).toEqual(wanted);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("LG-10 are kept in days of their own, which go whole, and so does what has none", async () => {
    await clear();
    const days = [-40, -9, -8, -7, 0, 3, 20].map((day) => NOON_US + day * DAY_US);
    const frames = days.map((ts, nth) => frame(nth + 1, line(ts, "x")));
    await storeFrames(
      database.db,
      [room(SYMBOLS[0] as SymbolName, ...frames)],
      new SeriesIdCache(),
    );
    const others = async () => {
      const [row] = await database.db.query(
        "select count(*)::int4 as count from log_lines_other",
        [],
      );
      return row?.["count"];
    };
    expect(await others()).toBe(4);
    // 18 days later there is a day for what lay ahead, and most has gone.
    await retainLogs(database.db, at(NOON_US + 18 * DAY_US), 0);
    expect([await others(), await count()]).toEqual([3, 7]);
    await retainLogs(database.db, at(NOON_US), 7);
    expect(await count()).toBe(4);
    const [gone] = await database.db.query(
      "select count(*)::int4 as count from log_days() where day_to <= $1::timestamptz",
      [new Date((NOON_US - 7 * DAY_US) / 1_000).toISOString()],
    );
    expect(gone?.["count"]).toBe(0);
    await retainLogs(database.db, at(NOON_US), 7);
    expect(await count()).toBe(4);
  });
});
