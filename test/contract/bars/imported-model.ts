import type { ImportedBar } from "../../../src/core/bars/imported-bar.ts";
import type { StoredFrame } from "../../../src/db/store/store-frames.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { PostedInterval } from "../../../src/protocol/events/bar-push.ts";
import { INTERVAL_SECONDS, type Interval } from "../../../src/protocol/words/interval.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { modelBars } from "./tape-model.ts";

const [MINUTE, HOUR, DAY] = [60_000_000, 3_600_000_000, 86_400_000_000];

/** What is known of minutes, hours and days, by the words of SPEC B-4 and nothing cleverer. `posted`: in their order. */
export function modelBarsWithPosted(
  frames: readonly StoredFrame[],
  posted: readonly ImportedBar[],
  interval: Interval,
): Bar[] {
  const lengthUs = INTERVAL_SECONDS[interval] * 1_000_000;
  if (lengthUs < MINUTE) return modelBars(frames, lengthUs);
  const postedOf = (wanted: PostedInterval) =>
    byStart(posted.flatMap((one) => (one.interval === wanted ? [one.bar] : [])));
  const minutes = new Map([...postedOf("1m"), ...byStart(modelBars(frames, MINUTE))]);
  if (lengthUs < HOUR) return merge(minutes, lengthUs);
  const hours = new Map([...postedOf("1h"), ...byStart(merge(minutes, HOUR))]);
  if (lengthUs < DAY) return merge(hours, lengthUs);
  const days = new Map([...postedOf("1d"), ...byStart(merge(hours, DAY))]);
  return merge(days, lengthUs);
}

function byStart(bars: readonly Bar[]): Map<number, Bar> {
  return new Map(bars.map((bar) => [bar.ts, bar]));
}

function merge(pieces: ReadonlyMap<number, Bar>, lengthUs: number): Bar[] {
  const merged = new Map<number, Bar>();
  for (const piece of [...pieces.values()].sort((a, b) => a.ts - b.ts)) {
    const ts = (Math.floor(piece.ts / lengthUs) * lengthUs) as EpochUs;
    const bar = merged.get(ts);
    if (bar === undefined) {
      merged.set(ts, { ...piece, ts });
      continue;
    }
    bar.high = Math.max(bar.high, piece.high);
    bar.low = Math.min(bar.low, piece.low);
    bar.close = piece.close;
    bar.volume += piece.volume;
    const { trades } = bar;
    delete bar.trades;
    if (trades !== undefined && piece.trades !== undefined) bar.trades = trades + piece.trades;
  }
  return [...merged.values()];
}
