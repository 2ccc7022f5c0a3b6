import { fullJitterMs } from "../../src/core/backoff.ts";
import { type BookState, foldBook } from "../../src/core/book-samples.ts";
import type { DatabaseFailure } from "../../src/db/database.ts";
import type { EarlierLife } from "../../src/db/read-earlier-life.ts";
import type { Cursor, EpochUs } from "../../src/protocol/time.ts";
import {
  KEPT_ACCOUNTS,
  KEPT_BARS,
  KEPT_SERIES,
  type LastValues,
  seriesKey,
} from "./last-values.ts";

const BACKOFF = { baseMs: 250, capMs: 15_000 };

/** What a new log has before it. */
export type Beginning =
  | { kind: "nothing_before" }
  /** `newest`: a cursor of before that is beyond the beginning of the log; null where there is none. */
  | { kind: "life_before"; newest: Cursor | null; life: EarlierLife };

export interface EarlierLifeDeps {
  /** The log is new, and nobody has told it what was before. */
  isPending: () => boolean;
  /** Where it may be: `unsure` while nobody can tell. */
  askPlace: () => Promise<"nowhere" | "postgres" | "unsure">;
  read: () => Promise<Extract<Beginning, { kind: "life_before" }>>;
  /** Takes what was found: the log is pending no more. */
  begin: (beginning: Beginning) => void | Promise<void>;
  /** What has gathered since may go to Postgres. */
  begun: () => void;
  classify: (error: unknown) => DatabaseFailure;
  failed: (failure: DatabaseFailure) => void;
  wait: (ms: number) => Promise<void>;
  random: () => number;
  keepAwake: (work: Promise<void>) => void;
}

/**
 * Finds out what was before a log that begins anew, as on a new machine with the Postgres of the old one (SPEC S-7). Until it is
 * known the room takes pushes and answers nothing that it could only know from then, and its outbox waits: nothing of this life
 * may be stored under a cursor of the last one.
 */
export class EarlierLifeSearch {
  readonly #deps: EarlierLifeDeps;
  #search: Promise<void> | null = null;
  /** Postgres will never answer this: better that the outbox goes than that it waits for ever. */
  #isHopeless = false;

  constructor(deps: EarlierLifeDeps) {
    this.#deps = deps;
  }

  get mayStore(): boolean {
    return this.#isHopeless || !this.#deps.isPending();
  }

  /** Starts looking, unless all is known or somebody looks. */
  kick(): void {
    if (this.#search !== null || !this.#deps.isPending()) return;
    this.#search = this.#run().finally(() => {
      this.#search = null;
    });
    this.#deps.keepAwake(this.#search);
  }

  /** Resolves with true when it is known, with false where `until` gives up before. */
  async known(until: (search: Promise<void>) => Promise<unknown>): Promise<boolean> {
    this.kick();
    if (this.#search !== null) await until(this.#search);
    return !this.#deps.isPending();
  }

  async #run(): Promise<void> {
    const { askPlace, read, begin, begun, classify, failed, wait, random } = this.#deps;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const place = await askPlace();
        if (place !== "unsure") {
          await begin(place === "nowhere" ? { kind: "nothing_before" } : await read());
          begun();
          return;
        }
      } catch (error) {
        const failure = classify(error);
        failed(failure);
        if (failure.kind === "refused" && !this.#isHopeless) {
          this.#isHopeless = true;
          begun();
        }
      }
      await wait(fullJitterMs(attempt, BACKOFF, random));
    }
  }
}

/** The last values of a room whose past is in Postgres. */
export function lastValuesOf(life: EarlierLife): LastValues {
  const { metrics, trade, positions, book, minutes, minutesFromUs, hours } = life;
  const moments = [...metrics, ...positions, ...(trade === null ? [] : [trade])].map(
    ({ ts }) => ts,
  );
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
    book: book === null ? null : bookStateOf(book),
    bars: minutes.map((bar) => ({ ...bar, revision: 0 })),
    barsFromUs: minutesFromUs,
    // Nobody asks when an hour was opened or closed.
    hours: hours.map((bar) => ({ ...bar, openedAtUs: bar.ts, closedAtUs: bar.ts })),
    lastEventUs: latest(moments),
  };
}

function bookStateOf({ sample, place }: NonNullable<EarlierLife["book"]>): BookState | null {
  const state = foldBook(null, sample, place.cursor);
  return state === null ? null : { ...state, sampled: place };
}

/** One more of each than is kept says that there are more. */
export const EARLIER_LIMITS = {
  ...{ series: KEPT_SERIES.count + 1, accounts: KEPT_ACCOUNTS.count + 1 },
  ...{ trades: 10_000, minutes: KEPT_BARS },
};
