import { type BookState, foldBook } from "../../../src/core/books/book-samples.ts";
import { fullJitterMs } from "../../../src/core/limits/backoff.ts";
import type { EarlierLife } from "../../../src/db/events/read-earlier-life.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import type { EarlierPlace } from "../../host/symbols/host-symbols.ts";
import type { RoomLog } from "../log/room-log.ts";
import { KEPT_ACCOUNTS, KEPT_SERIES, type LastValues, seriesKey } from "../state/last-values.ts";
import { KEPT_ORDERS } from "../state/open-orders.ts";

const BACKOFF = { baseMs: 250, capMs: 15_000 };

/**
 * Why a search failed. `passing`: the next may succeed. `refused`: Postgres will never say it.
 * `bug`: what it said could not be understood, and the database is not to blame.
 */
export type SearchFailure = "passing" | "refused" | "bug";

export interface EarlierLifeDeps {
  log: Pick<RoomLog, "isPending" | "isPlaced">;
  /** Where an earlier life may be: `unsure` or `awaited` while nobody can tell. */
  askPlace: () => Promise<EarlierPlace>;
  /** There was nothing before. */
  beginFromNothing: () => void;
  /** Puts the log behind what Postgres has of the symbol. */
  place: () => Promise<void>;
  /** Reads what was before, and begins with it. */
  begin: () => Promise<void>;
  /** What has gathered since may go to Postgres, or out of the way of others. */
  mayStoreNow: () => void;
  causeOf: (error: unknown) => SearchFailure;
  failed: (error: unknown) => void;
  wait: (ms: number) => Promise<void>;
  random: () => number;
  keepAwake: (work: Promise<void>) => void;
}

/**
 * Finds out what was before a log that begins anew, as on a new machine with the Postgres of the old one (SPEC S-7). Until it is
 * known the room takes pushes, and does not answer what it could only know from then; and until the log has its place the
 * outbox waits, for nothing of this life may be stored under a cursor of the last one.
 */
export class EarlierLifeSearch {
  readonly #deps: EarlierLifeDeps;
  #isRunning = false;
  /** Ends with the attempt that is under way, or else the next. */
  #attempt = Promise.withResolvers<void>();
  #endPause: (() => void) | null = null;
  /** Postgres will never say it: better that the outbox goes than that it waits for ever. */
  #isHopeless = false;
  #awaitsOthers = false;
  /** Those who wait for an attempt. */
  #waiting = 0;
  /** What the last attempt failed with, where that was a bug. */
  #bug: { error: unknown } | null = null;

  constructor(deps: EarlierLifeDeps) {
    this.#deps = deps;
  }

  get mayStore(): boolean {
    return this.#isHopeless || this.#deps.log.isPlaced;
  }

  /** Postgres answers, and the room waits for what others have yet to bring there, which may wait for this outbox. */
  get awaitsOthers(): boolean {
    return this.#awaitsOthers;
  }

  /** Does anybody wait to be told, as a viewer does? */
  get isAwaited(): boolean {
    return this.#waiting > 0;
  }

  /** Starts looking, unless all is known or it looks already. */
  kick(): void {
    if (this.#isRunning || !this.#deps.log.isPending) return;
    this.#isRunning = true;
    this.#deps.keepAwake(
      this.#run().finally(() => {
        this.#isRunning = false;
      }),
    );
  }

  /**
   * Is it known? Looks at once where it is not, and waits for that one attempt, as long as `until` does.
   *
   * @throws the bug that the last attempt met: whoever asks is not told that the database is away.
   */
  async known(until: (attempt: Promise<void>) => Promise<unknown>): Promise<boolean> {
    const { log } = this.#deps;
    // A search that has just found out is not quite over, and the attempt after it never comes.
    if (!log.isPending) return true;
    this.kick();
    this.#endPause?.();
    this.#waiting += 1;
    try {
      await until(this.#attempt.promise);
    } finally {
      this.#waiting -= 1;
    }
    if (log.isPending && this.#bug !== null) throw this.#bug.error;
    return !log.isPending;
  }

  async #run(): Promise<void> {
    const { log, wait, random } = this.#deps;
    for (let attempt = 0; ; attempt += 1) {
      await this.#look();
      const { resolve } = this.#attempt;
      this.#attempt = Promise.withResolvers<void>();
      resolve();
      if (!log.isPending) return;
      const hurried = new Promise<void>((end) => {
        this.#endPause = end;
      });
      await Promise.race([wait(fullJitterMs(attempt, BACKOFF, random)), hurried]);
      this.#endPause = null;
    }
  }

  async #look(): Promise<void> {
    const { log, begin, mayStoreNow, causeOf, failed } = this.#deps;
    this.#bug = null;
    try {
      if (!log.isPlaced) await this.#findPlace();
      if (log.isPlaced && log.isPending) await begin();
    } catch (error) {
      failed(error);
      const cause = causeOf(error);
      if (cause === "bug") this.#bug = { error };
      if (cause === "refused") {
        this.#isHopeless = true;
        mayStoreNow();
      }
    }
  }

  async #findPlace(): Promise<void> {
    const { askPlace, beginFromNothing, place, mayStoreNow } = this.#deps;
    const where = await askPlace();
    this.#awaitsOthers = where === "awaited";
    if (where === "unsure") return;
    if (where === "nowhere") beginFromNothing();
    else if (where === "postgres") await place();
    mayStoreNow();
  }
}

/** The last values of a room whose past is in Postgres. */
export function lastValuesOf(life: EarlierLife): LastValues {
  const { metrics, trade, positions, book, minutes, minutesFromUs, hours } = life;
  const orders = life.orders ?? { open: [], overUs: null, noteUs: null };
  const events = [...metrics, ...positions, ...orders.open, ...(trade === null ? [] : [trade])];
  const moments = events.map(({ ts }) => ts);
  for (const us of [orders.overUs, orders.noteUs]) if (us !== null) moments.push(us);
  if (book !== null) moments.push(book.place.ts);
  const latest = (all: readonly EpochUs[]) =>
    all.reduce<EpochUs | null>((max, ts) => (max === null || ts > max ? ts : max), null);
  const cut = (kept: { ts: EpochUs }[], most: number) =>
    kept.length > most ? latest(kept.map(({ ts }) => ts)) : null;
  return {
    metrics: metrics.map((point) => [seriesKey(point), point]),
    seriesCutUs: cut(metrics, KEPT_SERIES.count),
    trade,
    positions,
    accountsCutUs: cut(positions, KEPT_ACCOUNTS.count),
    orders: {
      ...{ open: orders.open, openCutUs: cut(orders.open, KEPT_ORDERS.count) },
      ...{ over: [], overCutUs: orders.overUs },
    },
    book: book === null ? null : bookStateOf(book),
    // A minute of trades; one that was posted gives way to the first trade of it.
    bars: minutes.flatMap(({ trades, ...bar }) =>
      trades === undefined ? [] : [{ ...bar, trades, revision: 0 }],
    ),
    barsFromUs: minutesFromUs,
    // Nobody asks when an hour was opened or closed.
    hours: hours.map((bar) => ({
      ...{ ...bar, trades: bar.trades ?? 0, openedAtUs: bar.ts, closedAtUs: bar.ts },
    })),
    lastEventUs: latest(moments),
  };
}

function bookStateOf({ sample, place }: NonNullable<EarlierLife["book"]>): BookState | null {
  const state = foldBook(null, sample, place.cursor);
  return state === null ? null : { ...state, sampled: place };
}
