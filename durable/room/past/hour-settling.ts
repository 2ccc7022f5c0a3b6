import { bucketStartUs } from "../../../src/core/bars/bars.ts";
import { decodeFrame } from "../../../src/core/events/encode-events.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { RoomLog } from "../log/room-log.ts";
import type { DoubtfulHours } from "../state/doubtful-hours.ts";
import type { HourTrades } from "../state/last-values.ts";
import type { RoomState } from "../state/room-state.ts";

/** Between two readings of one room, in ms: a producer that repeats all day has the list right to so much. */
const AGAIN_MS = 5_000;

export interface HourSettlingDeps {
  doubts: DoubtfulHours;
  log: Pick<RoomLog, "head" | "isSealed" | "prunedThrough" | "storedThrough" | "framesAfter">;
  state(): Pick<RoomState, "foldToHead" | "correctHours">;
  /** 1 h bars of the day that ends with that hour, of what is stored up to `through`. */
  readHours(hourUs: EpochUs, through: Cursor): Promise<readonly Bar[]>;
  /** The last trade of what is stored up to `through`. */
  readLastTrade(through: Cursor): Promise<TradeEvent | null>;
  /** The volume may be another. */
  settled(): void;
  nowMs(): number;
  keepAwake(work: Promise<void>): void;
  failed(error: unknown): void;
}

/** Makes hours right in which a trade may be counted twice, from Postgres, where somebody asks for the volume of the day. */
export class HourSettling {
  readonly #deps: HourSettlingDeps;
  #isRunning = false;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(deps: HourSettlingDeps) {
    this.#deps = deps;
  }

  /** An answer would find the room gone, and write down what another has gone on from. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** There may be something to be made right. */
  kick(): void {
    const { doubts, log, state, nowMs, keepAwake, failed } = this.#deps;
    if (this.#isRunning || Math.abs(nowMs() - this.#lastMs) < AGAIN_MS) return;
    const { storedThrough } = log;
    const hoursUs = doubts.due(storedThrough);
    if (hoursUs.length === 0) return;
    const { trade } = state().foldToHead();
    if (trade === null) return;
    this.#isRunning = true;
    this.#lastMs = nowMs();
    keepAwake(
      this.#settle(hoursUs, storedThrough, trade.ts)
        .catch(failed)
        .finally(() => {
          this.#isRunning = false;
        }),
    );
  }

  async #settle(hoursUs: EpochUs[], storedThrough: Cursor, lastUs: EpochUs): Promise<void> {
    const { doubts, log, state, readHours, readLastTrade, settled } = this.#deps;
    const lastHourUs = bucketStartUs(lastUs, "1h");
    const bars = await readHours(lastHourUs, storedThrough);
    let last = hoursUs.includes(lastHourUs) ? await readLastTrade(storedThrough) : null;
    // It is of another database, what has come since is in the log no more, or the symbol is elsewhere.
    if (log.storedThrough < storedThrough || log.prunedThrough > storedThrough) return;
    if (log.isSealed) return;
    const hours = new Map<EpochUs, HourTrades>(hoursUs.map((us) => [us, tradesOf(bars, us)]));
    for (const { text } of log.framesAfter(storedThrough, log.head)) {
      for (const event of decodeFrame(text)) {
        if (event.kind !== "trade") continue;
        if (last !== null && event.ts >= last.ts) last = event;
        const hour = hours.get(bucketStartUs(event.ts, "1h"));
        if (hour === undefined) continue;
        hour.volume += event.size;
        hour.trades += 1;
      }
    }
    state().correctHours(hours, last);
    doubts.settled(hoursUs, storedThrough);
    settled();
  }
}

function tradesOf(bars: readonly Bar[], hourUs: EpochUs): HourTrades {
  const bar = bars.find(({ ts }) => ts === hourUs);
  return { volume: bar?.volume ?? 0, trades: bar?.trades ?? 0 };
}
