import { expect, test } from "vitest";
import { arrivalClock } from "../../../../src/core/time/arrival-clock.ts";

test("INV-9 arrivals have moments of their own while the clock stands, and follow one that is turned back", () => {
  const reads = [1_000_000, 1_000_000, 1_000_000, 1_003_000, 500_000, 500_000];
  const nextUs = arrivalClock(() => reads.shift() ?? 0);
  expect(Array.from({ length: 6 }, nextUs)).toEqual([
    ...[1_000_000, 1_000_001, 1_000_002, 1_003_000],
    ...[500_000, 500_001],
  ]);
});
