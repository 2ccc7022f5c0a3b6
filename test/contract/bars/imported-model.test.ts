import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImportedBar } from "../../../src/core/bars/imported-bar.ts";
import { readBars } from "../../../src/db/bars/read-bars.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { type StoredFrame, storeFrames } from "../../../src/db/store/store-frames.ts";
import { storeImportedBars } from "../../../src/db/store/store-imported-bars.ts";
import { readTapeState } from "../../../src/db/upkeep/tape-state.ts";
import type { Bar, Interval } from "../../../src/protocol/events/bar.ts";
import { POSTED_INTERVAL_SECONDS } from "../../../src/protocol/events/bar-push.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, trade } from "../events.ts";
import { type KeptDatabase, keepDatabase } from "../kept-database.ts";
import { modelBarsWithPosted } from "./imported-model.ts";
import { tailOf } from "./tape-model.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const INTERVALS = ["1m", "5m", "1h", "4h", "1d"] satisfies Interval[];

/** Where things are, before or after the watermark at the beginning: few moments each, so that they meet. */
const moment = fc
  .tuple(
    fc.constantFrom(0, -1, -2 * HOUR, -DAY, -30 * DAY, -200 * DAY, -400 * DAY, -9_000 * DAY),
    fc.constantFrom(0, 1, MINUTE, 2 * MINUTE, HOUR - 1, HOUR, 5 * HOUR),
  )
  .map(([place, within]) => place + within);
/** Sums of such numbers are exact in any order. */
const number = fc.integer({ min: -4_000, max: 4_000 }).map((quarters) => quarters / 4);
const anyTrade = fc.record({ moment, number, id: fc.constantFrom(undefined, "1", "2") });
const anyBar = fc.record({
  length: fc.constantFrom("1m" as const, "1m" as const, "1h" as const, "1d" as const),
  moment,
  numbers: fc.tuple(number, number, number, number),
  volume: fc.nat({ max: 400 }).map((quarters) => quarters / 4),
  trades: fc.option(fc.nat({ max: 9 }), { nil: undefined, freq: 3 }),
});
/** What is read at one moment of a run: some of it, for reading all takes the time of another run. */
const look = fc.shuffledSubarray(INTERVALS, { minLength: 2, maxLength: 3 });
const anyRun = fc
  .array(fc.array(anyTrade, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
  .chain((frames) =>
    fc.record({
      frames: fc.constant(frames),
      actions: fc.array(
        fc.oneof(
          fc.record({
            kind: fc.constant("store" as const),
            at: fc.array(fc.nat(frames.length - 1), { minLength: 1, maxLength: 4 }),
          }),
          fc.record({
            kind: fc.constant("post" as const),
            bars: fc.array(anyBar, { minLength: 1, maxLength: 6 }),
            again: fc.boolean(),
          }),
          fc.record({
            kind: fc.constant("keep" as const),
            minutes: fc.integer({ min: 0, max: 100 }),
            mostNotes: fc.integer({ min: 1, max: 3 }),
          }),
          fc.record({
            kind: fc.constant("read" as const),
            after: fc.nat(frames.length),
            intervals: look,
          }),
        ),
        { maxLength: 10 },
      ),
      after: fc.nat(frames.length),
      paged: fc.constantFrom(...INTERVALS),
      looks: fc.tuple(look, look, look),
    }),
  );

describe.each(testDatabaseKinds())("posted bars against a model on $name", ({ openMigrated }) => {
  let database: KeptDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await keepDatabase(await openMigrated());
  });
  afterAll(() => database.close());

  /** With what comes after the cursor in the tail. */
  async function expectReads(
    symbol: SymbolName,
    frames: readonly StoredFrame[],
    posted: readonly ImportedBar[],
    storedThrough: Cursor,
    intervals: readonly Interval[],
  ): Promise<void> {
    const { trades: tail } = tailOf(frames, storedThrough);
    const range = {
      fromUs: at(-30_000 * DAY),
      toUs: at(database.clock.nowUs + 10 * DAY),
      storedThrough,
      tail,
    };
    for (const interval of intervals) {
      const bars = await readBars(database.db, { ...range, symbol, interval, limit: 10_000 });
      const expected = modelBarsWithPosted(frames, posted, interval);
      expect({ interval, bars }).toEqual({ interval, bars: expected });
    }
  }

  /** Pages of two, from the newest back: each look has to find where the next one begins. */
  async function expectPages(
    symbol: SymbolName,
    frames: readonly StoredFrame[],
    posted: readonly ImportedBar[],
    interval: Interval,
  ): Promise<void> {
    const range = { fromUs: at(-30_000 * DAY), storedThrough: cursorAt(1_000_000), tail: [] };
    const pages: Bar[][] = [];
    for (let toUs = at(database.clock.nowUs + 10 * DAY); ; ) {
      const page = await readBars(database.db, { ...range, symbol, interval, toUs, limit: 2 });
      const [oldest] = page;
      if (oldest === undefined) break;
      pages.unshift(page);
      toUs = oldest.ts;
    }
    expect(pages.flat()).toEqual(modelBarsWithPosted(frames, posted, interval));
  }

  /** What people who write SQL see once the Keeper has been: what is over, and minutes as long as they are kept. */
  async function expectViews(
    symbol: SymbolName,
    frames: readonly StoredFrame[],
    posted: readonly ImportedBar[],
  ): Promise<void> {
    const { rolledThroughUs, minutesFromUs } = await readTapeState(database.db);
    for (const [interval, lengthUs] of [
      ["1m", MINUTE],
      ["1h", HOUR],
      ["1d", DAY],
    ] as const) {
      const rows = await database.db.query(
        `select (extract(epoch from timestamp) * 1000000)::int8 as ts, open, high, low, close, volume, trades::int4
        from bars_${interval} where symbol = $1 order by 1`,
        [symbol],
      );
      const isKept = (ts: number) =>
        ts + lengthUs <= rolledThroughUs && (lengthUs > MINUTE || ts >= minutesFromUs);
      const seen = rows.map(
        (row) => ({ ...row, ts: Number(row["ts"]), trades: row["trades"] ?? undefined }) as Bar,
      );
      expect({ interval, bars: seen.filter(({ ts }) => isKept(ts)) }).toEqual({
        interval,
        bars: modelBarsWithPosted(frames, posted, interval).filter(({ ts }) => isKept(ts)),
      });
    }
  }

  it("INV-6 INV-7 INV-8 B-4 posted bars and trades, in any order, batches and repetition, and rollups kept whenever: history is right at once", async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const symbol = freshSymbol();
        const baseUs = await database.begin();
        const frames = run.frames.map((trades, i) =>
          frame(
            (i + 1) * 10,
            ...trades.map(({ moment, number, id }) =>
              trade(baseUs + moment, number, Math.abs(number), id === undefined ? {} : { id }),
            ),
          ),
        );
        const posted: ImportedBar[] = [];
        const store = (part: readonly StoredFrame[]) =>
          storeFrames(database.db, [{ symbol, frames: part }], ids);

        for (const action of run.actions) {
          switch (action.kind) {
            case "store":
              await store(action.at.map((i) => frames[i] as StoredFrame));
              break;
            case "post": {
              const bars = action.bars.map(({ length, moment, numbers, volume, trades }) => {
                const [low, a, b, high] = [...numbers].sort((x, y) => x - y) as typeof numbers;
                const lengthUs = POSTED_INTERVAL_SECONDS[length] * 1_000_000;
                const ts = at(Math.floor((baseUs + moment) / lengthUs) * lengthUs);
                const [open, close] = numbers[0] < numbers[1] ? [a, b] : [b, a];
                return {
                  symbol,
                  interval: length,
                  bar: {
                    ts,
                    open,
                    high,
                    low,
                    close,
                    volume,
                    ...(trades !== undefined && { trades }),
                  },
                };
              });
              await storeImportedBars(database.db, bars);
              if (action.again) await storeImportedBars(database.db, bars);
              posted.push(...bars);
              break;
            }
            case "keep":
              await database.keepSomewhat(action.minutes, action.mostNotes);
              break;
            case "read":
              await store(frames.slice(0, action.after));
              await expectReads(
                symbol,
                frames,
                posted,
                cursorAt(action.after * 10),
                action.intervals,
              );
              break;
          }
        }
        const [cut, stored, kept] = run.looks;
        await store(frames.slice(0, run.after));
        await expectReads(symbol, frames, posted, cursorAt(run.after * 10), cut);
        await store(frames);
        await expectReads(symbol, frames, posted, cursorAt(1_000_000), stored);
        await expectPages(symbol, frames, posted, run.paged);
        expect(await database.keep()).toBe("up_to_date");
        await expectReads(symbol, frames, posted, cursorAt(1_000_000), kept);
        await expectViews(symbol, frames, posted);
      }),
      { numRuns: Number(process.env["ROLLUP_RUNS"] ?? 12) },
    );
  }, 300_000);
});
