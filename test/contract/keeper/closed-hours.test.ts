import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBars } from "../../../src/db/bars/read-bars.ts";
import { readExport } from "../../../src/db/events/read-export.ts";
import { readFrames } from "../../../src/db/events/read-frames.ts";
import { readSeries } from "../../../src/db/series/read-series.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { type StoredFrame, storeFrames } from "../../../src/db/store/store-frames.ts";
import { retain } from "../../../src/db/upkeep/retention.ts";
import { readTapeState } from "../../../src/db/upkeep/tape-state.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import { INTERVAL_SECONDS, type Interval } from "../../../src/protocol/words/interval.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { modelBars, modelSeries, tailOf } from "../bars/tape-model.ts";
import { testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, metric, trade } from "../events.ts";
import { type KeptDatabase, keepDatabase } from "../kept-database.ts";
import { HoursModel } from "./hours-model.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STORED = cursorAt(1_000_000);

/** Before the watermark at the beginning: hours that will be dropped sooner or later, and one that was before. */
const PLACES = [-HOUR, -1 * DAY, -1 * DAY - HOUR, -8 * DAY, -300 * DAY];
const WITHIN = [0, 1, 30_000_000, MINUTE - 1, MINUTE, 3 * MINUTE, 30 * MINUTE, HOUR - 1];
const moment = fc
  .tuple(fc.constantFrom(...PLACES), fc.constantFrom(...WITHIN))
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
const FRAMES = 12;
const action = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.nat(FRAMES - 1), { minLength: 1, maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constant("keep" as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      days: fc.constantFrom(8, 15, 36),
      rawDays: fc.constantFrom(7, 14),
      minutesDays: fc.constantFrom(0, 28),
    }),
  },
);
/** Ranges that cut hours and minutes. */
const cut = fc.record({
  from: moment,
  shift: fc.constantFrom(0, 1, 20_000_000, 7 * MINUTE),
  length: fc.constantFrom(1, 40_000_000, 20 * MINUTE, HOUR, 26 * HOUR),
});
const anyRun = fc.record({
  cuts: fc.array(cut, { minLength: 1, maxLength: 2 }),
  frames: fc.array(fc.array(event, { minLength: 1, maxLength: 5 }), {
    minLength: FRAMES,
    maxLength: FRAMES,
  }),
  /** What comes last of all, which a room has before it is stored. */
  tail: fc.array(fc.array(event, { minLength: 1, maxLength: 5 }), { maxLength: 2 }),
  actions: fc.array(action, { minLength: 3, maxLength: 8 }),
});

describe.each(testDatabaseKinds())("closed hours on $name", ({ openMigrated }) => {
  let database: KeptDatabase;
  const ids = new SeriesIdCache();

  const upToDate = async () => {
    while ((await database.keep()) === "behind");
  };
  const drop = async (days: number, rawDays: number, minutesDays: number) => {
    database.clock.nowUs = at(database.clock.nowUs + days * DAY);
    await upToDate();
    await retain(database.db, database.clock.nowUs, { rawDays, minutesDays });
    return readTapeState(database.db);
  };

  beforeAll(async () => {
    database = await keepDatabase(await openMigrated());
    // The time before the installation is one range of partitions: it goes a week after that.
    await drop(15, 7, 0);
  });
  afterAll(() => database.close());

  async function expectCounted(
    symbol: SymbolName,
    model: HoursModel,
    tail: readonly StoredFrame[],
  ): Promise<void> {
    const expected = model.counted();
    const days = new Set(
      expected.flatMap(({ events }) => events.map(({ ts }) => Math.floor(ts / DAY))),
    );
    const { trades, points } = tailOf(tail, 0);
    const storedThrough = tail[0] === undefined ? STORED : cursorAt(tail[0].cursor - 1);
    const isKept = (lengthUs: number) => (bar: { ts: number }) =>
      lengthUs >= HOUR || bar.ts >= model.minutesFromUs;
    for (const interval of ["1m", "15m", "1h", "1d"] satisfies Interval[]) {
      const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
      const bars = await readBars(database.db, {
        ...{ symbol, interval, fromUs: at(-30_000 * DAY), toUs: at(database.clock.nowUs + DAY) },
        ...{ limit: 10_000, storedThrough, tail: trades },
      });
      const [found, wanted] = [bars, modelBars(expected, lengthUs)].map((all) =>
        all.filter(isKept(lengthUs)),
      );
      expect({ interval, bars: found }).toEqual({ interval, bars: wanted });
    }
    const aggregates = ["avg", "min", "max", "sum", "count", "first", "last"] as const;
    for (const lengthUs of [MINUTE, HOUR, DAY]) {
      for (const day of days) {
        const range = { fromUs: at(day * DAY), toUs: at((day + 1) * DAY) };
        const [series] = await readSeries(database.db, {
          ...{ ...range, symbol, metric: "m", labels: {}, stepUs: lengthUs, aggregates },
          ...{ limit: 10_000, storedThrough, tail: points },
        });
        const rows = (series?.ts ?? []).map((ts, i) => ({
          ts,
          ...Object.fromEntries(aggregates.map((name) => [name, series?.[name]?.[i]])),
        }));
        const wanted = modelSeries(expected, "m", { ...range, lengthUs });
        const kept = isKept(lengthUs);
        expect({ lengthUs, rows: rows.filter(kept) }).toEqual({
          ...{ lengthUs, rows: wanted.filter(kept) as unknown },
        });
      }
    }
  }

  /** SPEC R-2: exact, but that of what is gone a minute, or an hour where those are gone too, is had whole or not at all. */
  async function expectCut(
    symbol: SymbolName,
    model: HoursModel,
    { fromUs, toUs }: { fromUs: number; toUs: number },
    tail: readonly StoredFrame[],
  ): Promise<void> {
    const isInRange = ({ ts }: { ts: number }) => ts >= fromUs && ts < toUs;
    const storedThrough = tail[0] === undefined ? STORED : cursorAt(tail[0].cursor - 1);
    const points = model.gone.filter(({ event: one }) => one.kind === "metric");
    for (const lengthUs of [5 * MINUTE, HOUR, 150 * MINUTE]) {
      const startOf = (us: number) => Math.floor(us / lengthUs) * lengthUs;
      const isOfHours = lengthUs % HOUR === 0;
      const units = Map.groupBy(points, ({ event: { ts } }) =>
        ts < model.minutesFromUs ? `h ${Math.floor(ts / HOUR)}` : `m ${Math.floor(ts / MINUTE)}`,
      );
      const [counted, whole, missing] = [new Set<number>(), new Set<number>(), new Set<number>()];
      for (const unit of units.values()) {
        const moments = unit.map(({ event: { ts } }) => ts);
        const [first, last] = [Math.min(...moments), Math.max(...moments)];
        if (first >= toUs || last < fromUs) continue;
        if (!isOfHours && first < model.minutesFromUs) missing.add(first);
        else {
          for (const { cursor, ordinal } of unit) counted.add(cursor * 100 + ordinal);
          if (first < fromUs || last >= toUs) whole.add(startOf(first));
        }
      }
      const goneKeys = new Set(points.map(({ cursor, ordinal }) => cursor * 100 + ordinal));
      const frames = model
        .counted()
        .filter(({ cursor, events }) =>
          goneKeys.has(cursor) ? counted.has(cursor) : events.every(isInRange),
        );
      const [series] = await readSeries(database.db, {
        ...{ symbol, metric: "m", labels: {}, fromUs: at(fromUs), toUs: at(toUs) },
        ...{ stepUs: lengthUs, aggregates: ["sum", "count", "first", "last"], limit: 10_000 },
        ...{ storedThrough, tail: tailOf(tail, 0).points },
      });
      const wanted = modelSeries(frames, "m", { fromUs: -1e18, toUs: 1e18, lengthUs });
      const column = (name: "ts" | "sum" | "count" | "first" | "last") =>
        wanted.map((one) => one[name]);
      const said = [series?.whole_buckets ?? [], series?.gone_before !== undefined];
      expect({ lengthUs, ts: series?.ts ?? [], sum: series?.sum ?? [], said }).toEqual({
        ...{ lengthUs, ts: column("ts"), sum: column("sum") },
        said: [[...whole].sort((a, b) => a - b), missing.size > 0],
      });
      expect([series?.count ?? [], series?.first ?? [], series?.last ?? []]).toEqual([
        ...[column("count"), column("first"), column("last")],
      ]);
    }
  }

  async function expectRaw(symbol: SymbolName, model: HoursModel): Promise<void> {
    const asked = { symbol, after: cursorAt(0), upTo: STORED, maxEvents: 10_000 };
    const { frames } = await readFrames(database.db, asked);
    const replayed = frames.flatMap(({ cursor, events }) =>
      events.map((one) => ({ cursor, event: one })),
    );
    const raw = model.raw();
    expect(replayed).toEqual(raw.map(({ cursor, event: one }) => ({ cursor, event: one })));
    const exported: TapeEvent[] = [];
    for (const kind of ["metric", "trade"] as const) {
      for await (const page of readExport(database.db, {
        ...{ symbol, kind, fromUs: at(-30_000 * DAY), toUs: at(database.clock.nowUs + DAY) },
        ...{ pageRows: 3, storedThrough: STORED, tailCursor: STORED, tail: [] },
      })) {
        exported.push(...page);
      }
    }
    const sorted = (events: readonly TapeEvent[]) =>
      events.map((one) => JSON.stringify(one)).sort();
    expect(sorted(exported)).toEqual(sorted(raw.map(({ event: one }) => one)));
    const aside = await database.db.query(
      `select p.cursor::int4 as cursor, p.ordinal::int4 as ordinal from points_set_aside p
         join series s on s.id = p.series_id join symbols y on y.id = s.symbol_id where y.symbol = $1
       union all
       select t.cursor::int4, t.ordinal::int4 from trades_set_aside t join symbols y on y.id = t.symbol_id where y.symbol = $1
       order by 1, 2`,
      [symbol],
    );
    const wanted = raw.filter((one) => [...model.setAside.values()].includes(one));
    expect(aside).toEqual(wanted.map(({ cursor, ordinal }) => ({ cursor, ordinal })));
  }

  it("K-1 K-2 R-2 R-3 INV-6 INV-9 repeats, corrections and new data, whatever is dropped whenever: what counts counts once, and the rest is set aside", async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const symbol = freshSymbol();
        const baseUs = Math.floor((await database.begin()) / HOUR) * HOUR;
        const frames = [...run.frames, ...run.tail].map((events, i) =>
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
        const state = await readTapeState(database.db);
        const model = new HoursModel(state.rawFromUs, state.minutesFromUs);
        const store = async (part: readonly StoredFrame[]) => {
          await storeFrames(database.db, [{ symbol, frames: part }], ids);
          for (const one of part) model.store(one);
        };
        for (const one of run.actions) {
          if (one === "keep") await upToDate();
          else if (Array.isArray(one)) await store(one.map((i) => frames[i] as StoredFrame));
          else {
            const { rawFromUs, minutesFromUs } = await drop(one.days, one.rawDays, one.minutesDays);
            model.drop(rawFromUs, minutesFromUs);
          }
        }
        await store(frames.slice(0, FRAMES));
        const tail = frames.slice(FRAMES);
        const withTail = model.copy();
        for (const one of tail) withTail.store(one);
        const cuts = run.cuts.map(({ from, shift, length }) => ({
          ...{ fromUs: baseUs + from + shift, toUs: baseUs + from + shift + length },
        }));
        await expectCounted(symbol, withTail, tail);
        for (const range of cuts) await expectCut(symbol, withTail, range, tail);
        await upToDate();
        await expectCounted(symbol, withTail, tail);
        if (tail.length > 0) await store(tail);
        await upToDate();
        await expectCounted(symbol, model, []);
        for (const range of cuts) await expectCut(symbol, model, range, []);
        await expectRaw(symbol, model);
      }),
      { numRuns: Number(process.env["ROLLUP_RUNS"] ?? 5) },
    );
  }, 300_000);
});
