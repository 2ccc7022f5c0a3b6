import { expect, test } from "vitest";
import { DAY, MINUTE, MONTH, UTC, weightsOf, YEAR } from "../../../web/data/times/time-weights.ts";

const HOUR_S = 3_600;
const hours = (from: string, count: number) =>
  Array.from({ length: count }, (_, i) => Date.parse(from) / 1_000 + i * HOUR_S);

/** New York: clocks are set back on 2025-11-02 at 06:00 UTC. */
const newYork = (epochMs: number) =>
  epochMs < Date.parse("2025-11-02T06:00:00Z") ? -4 * HOUR_S * 1_000 : -5 * HOUR_S * 1_000;

test("months and years begin where the reader is, and not at midnight UTC", () => {
  const november = hours("2025-10-31T20:00:00Z", 12);
  const weights = weightsOf(november, 0, newYork);
  expect(weights.indexOf(MONTH)).toBe(november.indexOf(Date.parse("2025-11-01T04:00:00Z") / 1_000));
  const newYear = hours("2025-12-31T20:00:00Z", 12);
  expect(weightsOf(newYear, 0, newYork).indexOf(YEAR)).toBe(
    newYear.indexOf(Date.parse("2026-01-01T05:00:00Z") / 1_000),
  );
  expect(weightsOf(newYear, 0, UTC).indexOf(YEAR)).toBe(4);
});

test("an hour that comes twice when clocks are set back begins no day, and the next day begins once", () => {
  const weights = weightsOf(hours("2025-11-02T04:00:00Z", 30), 1, newYork);
  expect(weights.filter((weight) => weight >= DAY)).toHaveLength(1);
});

test("one bar alone says its time, and its day where it begins one or another day follows", () => {
  expect(weightsOf(hours("2026-01-05T00:00:00Z", 1), 0, UTC)).toEqual([DAY]);
  expect(weightsOf([Date.parse("2026-01-05T10:01:07Z") / 1_000], 0, UTC)).toEqual([10]);
  expect(weightsOf(hours("2026-01-05T22:00:00Z", 2), 0, UTC)).toEqual([30, 30]);
  expect(weightsOf(hours("2026-01-05T22:00:00Z", 3), 0, UTC)).toEqual([DAY, 30, DAY]);
});

test("bars that follow are weighed from where they are asked", () => {
  const minutes = [0, 60, 120, 300].map(
    (second) => Date.parse("2026-01-05T10:01:00Z") / 1_000 + second,
  );
  expect(weightsOf(minutes, 2, UTC)).toEqual([MINUTE, 21]);
});
