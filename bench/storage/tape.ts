import type { StoredFrame } from "../../src/db/store/store-frames.ts";
import type { MetricEvent } from "../../src/protocol/events/event.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../src/protocol/words/time.ts";

export const MINUTE_US = 60_000_000;
export const DAY_US = 1_440 * MINUTE_US;
export const DAYS = 30;
const SECOND_US = 1_000_000;
const METRICS_OF_A_SYMBOL = 10;
/** The Writer's groups are of some 8,000 points. */
const POINTS_OF_A_BATCH = 8_000;
const POINTS_OF_A_FRAME = 100;

export const SYMBOLS = Array.from(
  { length: 20 },
  (_, at) => `S${String(at).padStart(2, "0")}` as SymbolName,
);
/** The series that is asked for: a point a minute, and on the last day a point a second. The same in a tape of any size. */
export const PROBE = { symbol: SYMBOLS[0] as SymbolName, metric: "metric_0" };
const LABELS = { desk: "a", venue: "x" };

export type RoomFrames = { symbol: SymbolName; frames: StoredFrame[] };

/** Thirty days of points that end at `endUs`: 20 symbols with 10 series each, as evenly as their number allows. */
export type Tape = { startUs: number; endUs: number; points: number };

export function tapeOf(endUs: number, points: number): Tape {
  return { startUs: endUs - DAYS * DAY_US, endUs, points };
}

/** The points in the order of time, as live data comes, in the Writer's batches. */
export function* batchesOf({ startUs, endUs, points }: Tape): Generator<RoomFrames[]> {
  const dayUs = endUs - DAY_US;
  const probes = (dayUs - startUs) / MINUTE_US + DAY_US / SECOND_US;
  const others = SYMBOLS.length * METRICS_OF_A_SYMBOL - 1;
  const everyUs = ((endUs - startUs) * others) / (points - probes);
  let fromUs = startUs;
  while (fromUs < endUs) {
    const probeEveryUs = fromUs < dayUs ? MINUTE_US : SECOND_US;
    const lengthUs = POINTS_OF_A_BATCH / (others / everyUs + 1 / probeEveryUs);
    const toUs = Math.min(fromUs < dayUs ? dayUs : endUs, Math.ceil(fromUs + lengthUs));
    yield SYMBOLS.map((symbol, place) => {
      const series = Array.from({ length: METRICS_OF_A_SYMBOL }, (_, metric) => {
        const number = place * METRICS_OF_A_SYMBOL + metric;
        const [stepUs, shiftUs] =
          number === 0 ? [probeEveryUs, 0] : [everyUs, (everyUs * number) / others];
        return momentsOf(startUs + shiftUs, stepUs, fromUs, toUs).map((ts) =>
          pointOf(`metric_${metric}`, number, ts),
        );
      });
      return { symbol, frames: framesOf(series.flat().sort((a, b) => a.ts - b.ts)) };
    });
    fromUs = toUs;
  }
}

/** Those of `firstUs`, `firstUs + stepUs`, ... that lie in [fromUs, toUs). */
function momentsOf(firstUs: number, stepUs: number, fromUs: number, toUs: number): number[] {
  const moments: number[] = [];
  for (let at = Math.ceil((fromUs - firstUs) / stepUs) - 1; ; at += 1) {
    const ts = Math.round(firstUs + at * stepUs);
    if (ts >= toUs) return moments;
    if (ts >= fromUs && at >= 0) moments.push(ts);
  }
}

function pointOf(metric: string, number: number, ts: number): MetricEvent {
  const value = 10 + ((Math.floor(ts / 1_000) * 7_919 + number * 977) % 9_000) / 100;
  return { kind: "metric", metric, ts: ts as EpochUs, value, labels: LABELS };
}

/** A frame's cursor is the moment it came: a little after its last point. */
function framesOf(events: readonly MetricEvent[]): StoredFrame[] {
  const frames: StoredFrame[] = [];
  for (let from = 0; from < events.length; from += POINTS_OF_A_FRAME) {
    const part = events.slice(from, from + POINTS_OF_A_FRAME);
    frames.push({ cursor: ((part.at(-1)?.ts ?? 0) + 50_000) as Cursor, events: part });
  }
  return frames;
}
