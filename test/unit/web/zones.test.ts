import { expect, test } from "vitest";
import { timeTick } from "../../../web/data/times/time-tick.ts";
import { DAY, MONTH, weightsOf } from "../../../web/data/times/time-weights.ts";
import { timeText } from "../../../web/data/times/times.ts";
import { zoneOf } from "../../../web/data/times/zone-offset.ts";
import { zoneTicks } from "../../../web/data/times/zone-ticks.ts";

const DAY_S = 86_400;
const HOUR_S = 3_600;
const secondsOf = (iso: string) => Date.parse(iso) / 1_000;
const isoOf = (second: number) => new Date(second * 1_000).toISOString().slice(0, 16);
const every = (from: string, to: string, stepS: number) =>
  Array.from(
    { length: (secondsOf(to) - secondsOf(from)) / stepS },
    (_, i) => secondsOf(from) + i * stepS,
  );

/** Clocks of New York are set ahead on 8 March 2026 and back on 1 November 2026. */
const WEEKS = [
  {
    zone: "America/New_York",
    from: "2026-02-27T00:00Z",
    to: "2026-03-03T00:00Z",
    midnights: ["2026-02-27T05:00", "2026-02-28T05:00", "2026-03-01T05:00", "2026-03-02T05:00"],
    month: "2026-03-01T05:00",
  },
  {
    zone: "America/New_York",
    from: "2026-03-07T00:00Z",
    to: "2026-03-11T00:00Z",
    midnights: ["2026-03-07T05:00", "2026-03-08T05:00", "2026-03-09T04:00", "2026-03-10T04:00"],
  },
  {
    zone: "America/New_York",
    from: "2026-10-31T00:00Z",
    to: "2026-11-04T00:00Z",
    midnights: ["2026-10-31T04:00", "2026-11-01T04:00", "2026-11-02T05:00", "2026-11-03T05:00"],
    month: "2026-11-01T04:00",
  },
  {
    zone: "Asia/Kolkata",
    from: "2026-10-30T00:00Z",
    to: "2026-11-02T00:00Z",
    midnights: ["2026-10-30T18:30", "2026-10-31T18:30", "2026-11-01T18:30"],
    month: "2026-10-31T18:30",
  },
  {
    zone: "UTC",
    from: "2026-10-31T01:00Z",
    to: "2026-11-03T01:00Z",
    midnights: ["2026-11-01T00:00", "2026-11-02T00:00", "2026-11-03T00:00"],
    month: "2026-11-01T00:00",
  },
];

test.each(WEEKS)("panels mark midnights of $zone from $from", ({ zone, from, to, midnights }) => {
  const ticks = zoneTicks(secondsOf(from), secondsOf(to), DAY_S, zoneOf(zone));
  expect(ticks.map(isoOf)).toEqual(midnights);
});

test.each(WEEKS)("candles mark midnights and months of $zone from $from", (week) => {
  // Bars of half an hour, for clocks of Kolkata are half an hour beside those of UTC.
  const bars = every(week.from, week.to, HOUR_S / 2);
  const weights = weightsOf(bars, 0, zoneOf(week.zone));
  const marked = (least: number) => bars.filter((_, i) => i > 0 && (weights[i] ?? 0) >= least);
  const { midnights } = week;
  expect(marked(DAY).map(isoOf)).toEqual(
    midnights.filter((at) => secondsOf(`${at}Z`) < secondsOf(week.to)),
  );
  expect(marked(MONTH).map(isoOf)).toEqual(week.month === undefined ? [] : [week.month]);
});

test("steps of hours stay on whole hours of a zone, over an hour left out and one that comes twice", () => {
  const clocks = (from: string, to: string) =>
    zoneTicks(secondsOf(from), secondsOf(to), 6 * HOUR_S, zoneOf("America/New_York")).map((at) =>
      timeText("minute", at * 1_000, "America/New_York"),
    );
  const day = ["00:00", "06:00", "12:00", "18:00"];
  expect(clocks("2026-03-08T05:00Z", "2026-03-09T03:59Z")).toEqual(day);
  expect(clocks("2026-11-01T04:00Z", "2026-11-02T04:59Z")).toEqual(day);
  const minutes = zoneTicks(
    secondsOf("2026-11-01T05:30Z"),
    secondsOf("2026-11-01T06:30Z"),
    900,
    zoneOf("America/New_York"),
  );
  expect(minutes.map((at) => timeText("minute", at * 1_000, "America/New_York"))).toEqual([
    ...["01:30", "01:45", "01:00", "01:15", "01:30"],
  ]);
});

test("steps of seconds and of several days begin where clocks of the zone say", () => {
  const kolkata = zoneOf("Asia/Kolkata");
  expect(zoneTicks(100.5, 131, 10, kolkata)).toEqual([110, 120, 130]);
  const twoDays = zoneTicks(
    ...([secondsOf("2026-03-05T00:00Z"), secondsOf("2026-03-13T00:00Z"), 2 * DAY_S] as const),
    zoneOf("America/New_York"),
  );
  expect(twoDays.map((at) => timeText("minute", at * 1_000, "America/New_York"))).toEqual(
    twoDays.map(() => "00:00"),
  );
  expect(twoDays).toHaveLength(4);
});

test("the clocks of a zone are known at every hour around a change, and before 1970", () => {
  const zones = ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/London", "UTC"];
  for (const id of zones) {
    const offset = zoneOf(id);
    for (const second of every("2026-03-01T00:00Z", "2026-04-10T00:00Z", HOUR_S / 2)) {
      const shown = new Date(second * 1_000 + offset(second * 1_000)).toISOString().slice(11, 16);
      expect(`${id} ${shown}`).toBe(`${id} ${timeText("minute", second * 1_000, id)}`);
    }
  }
  expect(zoneOf("America/New_York")(Date.parse("1965-01-15T12:00:00.250Z"))).toBe(
    -5 * HOUR_S * 1e3,
  );
});

test("a moment is told by the zone that was chosen", () => {
  const ms = Date.parse("2026-11-01T05:30:00Z");
  expect(timeText("dateClock", ms, "America/New_York")).toBe("1 Nov 2026, 01:30:00");
  expect(timeText("dateClock", ms, "Asia/Kolkata")).toBe("1 Nov 2026, 11:00:00");
  expect(timeText("dateClock", ms, "UTC")).toBe("1 Nov 2026, 05:30:00");
});

const AT = Date.parse("2026-11-27T16:18:59.250Z") / 1_000;

test.each([
  [0.05, "16:18:59.250", "16:18:59.300"],
  [1, "16:18:59", "16:19:00"],
  [60, "16:18", "16:19"],
  [43_200, "27 Nov", "28 Nov"],
  [5 * 365 * 86_400, "27 Nov 2026", "26 Nov 2031"],
])("ticks %d s apart are told apart", (stepS, text, next) => {
  expect([timeTick(AT, stepS, "UTC"), timeTick(AT + stepS, stepS, "UTC")]).toEqual([text, next]);
});
