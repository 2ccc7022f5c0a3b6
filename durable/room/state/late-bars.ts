import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { BarMessage } from "../../../src/protocol/socket/server-message.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { LIVE_INTERVAL } from "./last-values.ts";

/** Late trades that come together correct together. */
const GATHER_MS = 500;
/** Bars read in one go; the next ones follow when these are sent, so that a backfill of years stays a trickle. */
const AT_ONCE = 20;

export interface LateBarsDeps {
  /** Minutes with late trades whose bars the room does not know by heart, each once, at most so many, newest first. */
  takeMinutes(most: number): EpochUs[];
  /** How far the live viewers have been sent the log; null where there is none to tell. */
  liveThrough(): Cursor | null;
  /** The bar of a minute with every trade up to `through` and none after it. */
  readBar(minuteUs: EpochUs, through: Cursor): Promise<Bar | null>;
  /** To every live viewer. */
  send(message: BarMessage): void;
  wait(ms: number): Promise<void>;
  keepAwake(work: Promise<void>): void;
  failed(error: unknown): void;
}

/**
 * Tells viewers of corrected bars that are too old for the room to know by heart: they are read from Postgres and the tail,
 * as far as the viewers have been sent the log (SPEC B-3). That cursor is the revision: it only grows.
 */
export class LateBars {
  readonly #deps: LateBarsDeps;
  #isRunning = false;

  constructor(deps: LateBarsDeps) {
    this.#deps = deps;
  }

  /** There may be something to tell. */
  kick(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#deps.keepAwake(
      this.#run()
        .catch((error: unknown) => this.#deps.failed(error))
        .finally(() => {
          this.#isRunning = false;
        }),
    );
  }

  async #run(): Promise<void> {
    const { takeMinutes, liveThrough, readBar, send, wait } = this.#deps;
    for (;;) {
      await wait(GATHER_MS);
      const through = liveThrough();
      // Who comes later loads history, in which they are right.
      const minutes = takeMinutes(through === null ? Number.POSITIVE_INFINITY : AT_ONCE);
      if (through === null || minutes.length === 0) return;
      for (const minuteUs of minutes) {
        const bar = await readBar(minuteUs, through);
        if (bar !== null) send({ type: "bar", interval: LIVE_INTERVAL, ...bar, revision: through });
      }
    }
  }
}
