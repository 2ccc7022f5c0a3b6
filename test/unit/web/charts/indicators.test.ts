import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bar } from "../../../../src/protocol/events/bar.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";
import { dayVwap, type Indicator, movingAverage } from "../../../../web/data/bars/indicators.ts";
import { timeText } from "../../../../web/data/times/times.ts";

const HOUR_US = 3_600e6;
/** Clocks are set in the days around it. */
const ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Africa/Cairo"];
const FROM_US = Date.parse("2026-10-24T00:00Z") * 1_000;

const barOf = fc.record({
  hours: fc.integer({ min: 1, max: 9 }),
  price: fc.integer({ min: -500, max: 1_000 }),
  reach: fc.tuple(fc.nat(9), fc.nat(9)),
  volume: fc.nat(5),
});
/** Bars in time, hours apart. */
const bars = fc.array(barOf, { maxLength: 60 }).map((all) => {
  let ts = FROM_US;
  return all.map(({ hours, price: close, reach: [up, down], volume }): Bar => {
    ts += hours * HOUR_US;
    return { ts: ts as EpochUs, open: close, high: close + up, low: close - down, close, volume };
  });
});

/** What an indicator says after bars were added, corrected and loaded before the first, as it says it of them all at once. */
const kept = (make: () => Indicator) => (all: readonly Bar[], steps: readonly number[]) => {
  const live = make();
  const half = all.slice(Math.floor(all.length / 2));
  live(half, 0);
  live(all, 0);
  let shown = all;
  for (const step of steps) {
    const at = step % Math.max(1, shown.length);
    const isNew = step % 3 === 0;
    const late = shown[at];
    if (late === undefined) continue;
    // A trade changes a bar, or the newest bars come one by one.
    const changed = {
      ...late,
      close: late.close + 1,
      high: late.high + 1,
      volume: late.volume + 2,
    };
    shown = isNew ? shown.slice(0, at + 1) : shown.toSpliced(at, 1, changed);
    live(shown, at);
  }
  return { live: live(shown, shown.length), shown };
};
const steps = fc.array(fc.nat(200), { maxLength: 12 });

describe("moving average", () => {
  const naive = (shown: readonly Bar[], length: number) =>
    shown.map((_, at) => {
      const closes = shown.slice(at - length + 1, at + 1).map(({ close }) => close);
      if (at < length - 1) return Number.NaN;
      return closes.reduce((sum, close) => sum + close, 0) / length;
    });

  it("is the mean of the last closes, whatever came late or was loaded before them", () => {
    fc.assert(
      fc.property(bars, steps, fc.integer({ min: 1, max: 9 }), (all, changes, length) => {
        const { live, shown } = kept(() => movingAverage(length))(all, changes);
        expect(live).toEqual(naive(shown, length));
      }),
    );
  });

  it("is none before there are as many bars", () => {
    const of = (...closes: number[]) =>
      closes.map((close, i) => ({ ts: i, open: 0, high: 0, low: 0, close, volume: 0 }) as Bar);
    expect(movingAverage(3)(of(1, 2), 0)).toEqual([Number.NaN, Number.NaN]);
    expect(movingAverage(3)(of(1, 2, 6), 0)).toEqual([Number.NaN, Number.NaN, 3]);
  });
});

describe("price of the day by volume", () => {
  const naive = (shown: readonly Bar[], zone: string, isWhole: boolean) => {
    const days = shown.map(({ ts }) => timeText("date", ts / 1_000, zone));
    return shown.map((_, at) => {
      const first = days.indexOf(days[at] ?? "");
      if (first === 0 && !isWhole) return Number.NaN;
      const ofDay = shown.slice(first, at + 1);
      const volume = ofDay.reduce((sum, bar) => sum + bar.volume, 0);
      const money = ofDay.reduce(
        (sum, bar) => sum + ((bar.high + bar.low + bar.close) / 3) * bar.volume,
        0,
      );
      return money / volume;
    });
  };

  it("is what was paid since midnight of the zone by what was traded, whatever came late", () => {
    fc.assert(
      fc.property(
        bars,
        steps,
        fc.constantFrom(...ZONES),
        fc.boolean(),
        (all, changes, zone, isWhole) => {
          const made = () =>
            dayVwap(
              () => zone,
              () => isWhole,
            );
          const { live, shown } = kept(made)(all, changes);
          expect(live).toEqual(naive(shown, zone, isWhole));
        },
      ),
    );
  });

  it("begins anew at midnight of the zone, and has none where nothing was traded yet", () => {
    const bar = (clock: string, price: number, volume: number): Bar => {
      const ts = (Date.parse(`${clock}Z`) * 1_000) as EpochUs;
      return { ts, open: price, high: price + 3, low: price - 3, close: price, volume };
    };
    const traded = [
      bar("2026-11-27T21:30", 10, 1),
      // Midnight in Kyiv is at 22:00.
      bar("2026-11-27T22:00", 20, 0),
      bar("2026-11-27T23:00", 40, 1),
      bar("2026-11-28T01:00", 50, 4),
    ];
    const inZone = (zone: string) =>
      dayVwap(
        () => zone,
        () => true,
      )(traded, 0);
    expect(inZone("Europe/Kyiv")).toEqual([10, Number.NaN, 40, 48]);
    expect(inZone("UTC")).toEqual([10, 10, 25, 50]);
  });

  it("asks for the beginning of the first day alone", () => {
    const asked: number[] = [];
    const ts = (Date.parse("2026-11-27T21:30Z") * 1_000) as EpochUs;
    const traded = [0, 24, 48].map((hours): Bar => {
      return {
        ts: (ts + hours * HOUR_US) as EpochUs,
        open: 1,
        high: 1,
        low: 1,
        close: 1,
        volume: 1,
      };
    });
    const vwap = dayVwap(
      () => "UTC",
      (fromUs) => asked.push(fromUs) === 0,
    );
    expect(vwap(traded, 0)).toEqual([Number.NaN, 1, 1]);
    expect(asked).toEqual([Date.parse("2026-11-27") * 1_000]);
  });
});
