import type { Interval } from "../../../src/protocol/events/bar.ts";
import { INTERVAL_SECONDS, INTERVALS } from "../../../src/protocol/words/interval.ts";
import type { ZoneId } from "../times/times.ts";
import { momentOf, msOf } from "../times/zone-moment.ts";
import type { TimeWindow } from "./time-window.ts";

/** What of the past the chart is to show. */
export type ChosenRange =
  | { kind: "newest" }
  | { kind: "window"; window: TimeWindow }
  /** `words` say what to do instead. */
  | { kind: "wrong"; words: string };

/** The page keeps twice as many, and lives on with what comes. */
const MOST_BARS = 100_000;
const OUT_OF_ORDER = "Choose a first time before the second, and not before 1970.";
/** A day, which begins in UTC, or a time of one. */
const MOMENT = /^.{10}(T.+Z)?$/;

/** What the address of a symbol's page asks for. */
export function rangeInAddress(search: string): ChosenRange {
  const query = new URLSearchParams(search);
  const [from, to] = [query.get("from"), query.get("to")];
  if (from === null && to === null) return { kind: "newest" };
  const words = "The address needs from and to, each a time in UTC as 2026-11-27T14:30Z.";
  return between(momentInAddress(from), momentInAddress(to), words);
}

/** What the two fields of the form ask for, in the zone of the page. */
export function rangeInForm(from: string, to: string, zone: ZoneId): ChosenRange {
  const words = "Fill in both, each with a day and a time.";
  return between(momentOf(from, zone), momentOf(to, zone), words);
}

/** What stands in the address for bars of `interval` and a window of them. */
export function addressOf(interval: Interval, { fromUs, toUs }: TimeWindow): string {
  const [from, to] = [fromUs, toUs].map((us) => {
    return new Date(us / 1_000).toISOString().replace(/(:00)?\.000Z$/, "Z");
  });
  return `?interval=${interval}&from=${from}&to=${to}`;
}

/** The interval, or the next longer one of which few enough bars lie between `fromUs` and now. */
export function intervalReaching(fromUs: number, interval: Interval, nowUs: number): Interval {
  const leastSeconds = Math.max(INTERVAL_SECONDS[interval], (nowUs - fromUs) / 1e6 / MOST_BARS);
  return INTERVALS.find((one) => INTERVAL_SECONDS[one] >= leastSeconds) ?? "1d";
}

function between(fromUs: number | null, toUs: number | null, otherwise: string): ChosenRange {
  if (fromUs === null || toUs === null) return { kind: "wrong", words: otherwise };
  if (fromUs < 0 || fromUs >= toUs) return { kind: "wrong", words: OUT_OF_ORDER };
  return { kind: "window", window: { fromUs, toUs } };
}

function momentInAddress(text: string | null): number | null {
  const ms = text !== null && MOMENT.test(text) ? msOf(text) : null;
  return ms === null ? null : ms * 1_000;
}
