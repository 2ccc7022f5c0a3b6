import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBars } from "../../../src/db/bars/read-bars.ts";
import { readSeries } from "../../../src/db/series/read-series.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { type StoredFrame, storeFrames } from "../../../src/db/store/store-frames.ts";
import { INTERVAL_SECONDS, type Interval } from "../../../src/protocol/words/interval.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { modelBars, modelSeries, tailOf } from "../bars/tape-model.ts";
import { testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, metric, trade } from "../events.ts";
import { type KeptDatabase, keepDatabase } from "../kept-database.ts";
import { differencesFromScratch } from "./rollups-from-scratch.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Where events are, before or after the watermark at the beginning; few moments each, so that they meet. */
const PLACES = [
  0,
  MINUTE,
  2 * MINUTE,
  90 * MINUTE,
  -1,
  -MINUTE,
  -2 * HOUR,
  -30 * DAY,
  -200 * DAY,
  -2000 * DAY,
];
const moment = fc
  .tuple(fc.constantFrom(...PLACES), fc.constantFrom(0, 1, 30_000_000, HOUR - 1))
  .map(([place, within]) => place + within);
/** Sums of such numbers are exact in any order. */
const number = fc.integer({ min: -4_000, max: 4_000 }).map((quarters) => quarters / 4);
const event = fc.oneof(
  fc.record({ kind: fc.constant("metric" as const), moment, number }),
  fc.record({
    kind: fc.constant("trade" as const),
    moment,
    number,
    id: fc.constantFrom(undefined, "1", "2"),
  }),
);
const INTERVALS = ["1s", "1m", "5m", "1h", "4h", "1d"] satisfies Interval[];
const LENGTHS = [MINUTE, 50 * MINUTE, HOUR, 135 * MINUTE, 4 * HOUR, 525 * MINUTE, DAY];
/** What is read at one moment of a run: some of it, for reading all takes the time of two more runs. */
const look = fc.record({
  intervals: fc.shuffledSubarray(INTERVALS, { minLength: 3, maxLength: 3 }),
  lengths: fc.shuffledSubarray(LENGTHS, { minLength: 3, maxLength: 3 }),
});
type Look = { intervals: Interval[]; lengths: number[] };
const anyRun = fc
  .array(fc.array(event, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 10 })
  .chain((frames) =>
    fc.record({
      frames: fc.constant(frames),
      actions: fc.array(
        fc.oneof(
          fc.array(fc.nat(frames.length - 1), { minLength: 1, maxLength: 5 }),
          fc.record({
            minutes: fc.integer({ min: 0, max: 100 }),
            mostNotes: fc.integer({ min: 1, max: 3 }),
          }),
        ),
        { maxLength: 8 },
      ),
      cut: fc.nat(frames.length),
      looks: fc.tuple(look, look, look),
    }),
  );

const ALL = { fromUs: at(-30_000 * DAY), storedThrough: cursorAt(1_000_000_000) };

describe.each(testDatabaseKinds())("rollups against a model on $name", ({ openMigrated }) => {
  let database: KeptDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await keepDatabase(await openMigrated());
  });
  afterAll(() => database.close());

  async function expectReads(
    symbol: SymbolName,
    frames: readonly StoredFrame[],
    storedThrough: typeof ALL.storedThrough,
    { intervals, lengths }: Look,
  ): Promise<void> {
    const tail = tailOf(frames, storedThrough);
    const toUs = (database.clock.nowUs + 10 * DAY) as EpochUs;
    const range = { ...ALL, toUs, limit: 10_000, storedThrough };
    for (const interval of intervals) {
      const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
      const bars = await readBars(database.db, { ...range, symbol, interval, tail: tail.trades });
      expect({ interval, bars }).toEqual({ interval, bars: modelBars(frames, lengthUs) });
    }
    for (const lengthUs of lengths) {
      const aggregates = ["avg", "min", "max", "sum", "count", "first", "last"] as const;
      const query = {
        ...range,
        metric: "m",
        labels: {},
        stepUs: lengthUs,
        aggregates,
        tail: tail.points,
      };
      // The limit is one of buckets, filled or not: a few ranges instead of decades.
      const moments = frames.flatMap(({ events }) => events.map(({ ts }) => ts));
      const days = new Set(moments.map((ts) => Math.floor(ts / DAY)));
      const ranges = [...days].map((day) => ({ from: (day - 1) * DAY, to: (day + 2) * DAY }));
      // And some that cut minutes and hours: all of this is raw, however old.
      const minutes = new Set(moments.map((ts) => Math.floor(ts / MINUTE)));
      for (const minute of [...minutes].slice(0, 2)) {
        ranges.push({ from: (minute - 10) * MINUTE + 1, to: (minute + 10) * MINUTE + 1 });
      }
      for (const { from, to } of ranges) {
        const [fromUs, toUs] = [at(from), at(to)];
        const [series] = await readSeries(database.db, { ...query, symbol, fromUs, toUs });
        const rows = series?.ts.map((ts, i) => ({
          ts,
          ...Object.fromEntries(aggregates.map((name) => [name, series[name]?.[i]])),
        }));
        const expected = modelSeries(frames, "m", { fromUs, toUs, lengthUs });
        expect({ lengthUs, from, rows: rows ?? [] }).toEqual({ lengthUs, from, rows: expected });
      }
    }
  }
  it("INV-6 INV-7 INV-8 any events, in any order, batches and repetition, and rollups kept whenever: queries are exact, and rollups equal those from scratch", async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const symbol = freshSymbol();
        const baseUs = await database.begin();
        const frames = run.frames.map((events, i) =>
          frame(
            (i + 1) * 10,
            ...events.map((one) =>
              one.kind === "metric"
                ? metric("m", baseUs + one.moment, one.number)
                : trade(
                    baseUs + one.moment,
                    one.number,
                    Math.abs(one.number),
                    one.id === undefined ? {} : { id: one.id },
                  ),
            ),
          ),
        );
        const store = (part: readonly StoredFrame[]) =>
          storeFrames(database.db, [{ symbol, frames: part }], ids);

        for (const action of run.actions) {
          if (Array.isArray(action)) {
            await store(action.map((i) => frames[i] as StoredFrame));
          } else {
            await database.keepSomewhat(action.minutes, action.mostNotes);
          }
        }
        // What is in Postgres up to the cut, and more; the tail has the rest.
        const [cut, stored, kept] = run.looks;
        await store(frames.slice(0, run.cut));
        await expectReads(symbol, frames, cursorAt(run.cut * 10), cut);
        await store(frames);
        await expectReads(symbol, frames, ALL.storedThrough, stored);
        expect(await database.keep()).toBe("up_to_date");
        await expectReads(symbol, frames, ALL.storedThrough, kept);
        expect(await differencesFromScratch(database.db, symbol)).toEqual([]);
      }),
      { numRuns: Number(process.env["ROLLUP_RUNS"] ?? 15) },
    );
    // A quarter of a minute on a quiet machine; shrinking takes longer.
  }, 300_000);
});
