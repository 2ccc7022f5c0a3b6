import { bucketStartUs } from "../../../src/core/bars/bars.ts";
import type { EncodedFrame, SymbolBatch } from "../../../src/core/events/encode-events.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import type { RoomAlerts } from "../alerts/room-alerts.ts";
import type { BookSampler } from "../state/book-sampler.ts";
import type { DoubtfulHours } from "../state/doubtful-hours.ts";
import type { SeriesLimit } from "./series-limit.ts";
import type { TradeWindow } from "./trade-window.ts";

export interface RoomAppendDeps {
  /** Asked for only where a batch has trades with ids, for its window may have to be made from the log. */
  stateNow(): { tradeWindow(): TradeWindow };
  booksNow(): BookSampler;
  doubtsNow(): Pick<DoubtfulHours, "note">;
  /** Null where no rule is for the room. */
  alertsNow(): Pick<RoomAlerts, "withChanges" | "appended"> | null;
  readonly series: SeriesLimit;
}

/** What a commit brings one room: the parts of all its batches, in their order. */
export interface Taken {
  frames: EncodedFrame[];
  /** The latest moment of its books; null where it has none. */
  bookTs: EpochUs | null;
  /** Series that are new to the room. */
  series: Set<number>;
  /** Hours of trades that may be repeats; null: none is. */
  doubtfulHours: Set<EpochUs> | null;
}

export function nothingTaken(): Taken {
  return { frames: [], bookTs: null, series: new Set(), doubtfulHours: null };
}

/** What a room says to a batch, and makes of it. Synchronous, as the commit is. */
export class RoomAppend {
  readonly #deps: RoomAppendDeps;
  /** Of the frames that are about to be appended. */
  #doubtfulHours: Taken["doubtfulHours"] = null;

  constructor(deps: RoomAppendDeps) {
    this.#deps = deps;
  }

  /** Series of a batch with which the room would have too many, beside what is taken already (SPEC L-22). */
  seriesBeyond(series: readonly number[], taken: ReadonlySet<number>): readonly number[] {
    return this.#deps.series.beyond(series, taken);
  }

  /** Takes a batch's part, without trades that the room has had (SPEC I-7). */
  take({ frames, tradeKeys, bookTs, series }: SymbolBatch, taken: Taken): void {
    this.#deps.series.gather(series, taken.series);
    if (tradeKeys === undefined) taken.frames.push(...frames);
    else this.#takeTrades(frames, tradeKeys, taken);
    if (bookTs !== undefined) {
      taken.bookTs = Math.max(bookTs, taken.bookTs ?? bookTs) as EpochUs;
    }
  }

  /**
   * The frames that are to be appended, with the book's samples that are due among them, and behind them what they change of alerts;
   * the room has its new series then.
   */
  framesOf(taken: Taken, nowUs: EpochUs): readonly EncodedFrame[] {
    const { frames, bookTs, series } = taken;
    this.#doubtfulHours = taken.doubtfulHours;
    if (frames.length === 0) return frames;
    this.#deps.series.add(series);
    const sampled =
      bookTs === null ? frames : this.#deps.booksNow().withSamples(frames, bookTs, nowUs);
    return this.#deps.alertsNow()?.withChanges(sampled, nowUs) ?? sampled;
  }

  /** They are in the log. */
  appended(): void {
    this.#deps.alertsNow()?.appended();
    if (this.#doubtfulHours !== null) this.#deps.doubtsNow().note(this.#doubtfulHours);
    this.#doubtfulHours = null;
  }

  #takeTrades(
    frames: readonly EncodedFrame[],
    keys: readonly (string | null)[],
    taken: Taken,
  ): void {
    const window = this.#deps.stateNow().tradeWindow();
    const { frames: news, doubtfulUs } = window.filter(frames, keys);
    taken.frames.push(...news);
    for (const us of doubtfulUs) {
      taken.doubtfulHours ??= new Set();
      taken.doubtfulHours.add(bucketStartUs(us, "1h"));
    }
  }
}
