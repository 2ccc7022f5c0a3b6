import { bucketStartUs } from "../../../src/core/bars/bars.ts";
import type { Interval } from "../../../src/protocol/events/bar.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import type { ChartMark } from "./chart-marks.ts";

/** So many marks as one: where the first of them was, at the mean of their prices. */
export type JoinedMark = ChartMark & { count: number };

/** Marks of one bar that look alike as one: of a kind, and of a side or a level. `marks` are in time, and so are these. */
export function joinMarks(marks: readonly ChartMark[], interval: Interval): JoinedMark[] {
  const joined = new Map<string, JoinedMark>();
  for (const mark of marks) {
    const look = mark.kind === "note" ? mark.note.level : mark.side;
    const key = `${bucketStartUs(mark.ts as EpochUs, interval)} ${mark.kind} ${look}`;
    const before = joined.get(key);
    if (before === undefined) {
      joined.set(key, { ...mark, count: 1 });
      continue;
    }
    before.count += 1;
    if (before.kind === "note" || mark.kind === "note") continue;
    before.price += (mark.price - before.price) / before.count;
  }
  return [...joined.values()];
}
