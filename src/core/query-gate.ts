/** Milliseconds after which a waiting request that has not looked again is taken for gone. */
const GONE_AFTER_MS = 1_000;
/** A query whose request ended without a word gives its place back then. */
const LEASE_MS = 60_000;
const LOOK_AGAIN_MS = 25;

export interface QueryLimits {
  /** Most heavy queries that run at once; 0 = no limit. */
  running: number;
  /** Most of those for one reader; 0 = no limit. */
  runningPerReader: number;
  /** Most requests that wait for a place, and most of those for one reader. */
  waiting: number;
  waitingPerReader: number;
}

export interface GateClock {
  nowMs(): number;
  wait(ms: number): Promise<void>;
}

interface Place {
  reader: string | null;
  untilMs: number;
}

/**
 * Lets a few heavy queries run at once and has a few more wait, so that readers leave the database and the thread to those
 * who store. Whoever waits looks again by its own timer: on Workers no request can be relied on to wake another.
 * A request whose client has gone may never be continued, so no place is for ever.
 */
export class QueryGate {
  readonly #limits: QueryLimits;
  readonly #clock: GateClock;
  readonly #running = new Set<Place>();
  readonly #waiting = new Set<Place>();

  constructor(limits: QueryLimits, clock: GateClock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Resolves with how to give the place back, or with null where there was none in `patienceMs`, or too many wait already.
   * `reader` null is nobody in particular, and counts in all alone.
   */
  async enter(reader: string | null, patienceMs: number): Promise<(() => void) | null> {
    const deadlineMs = this.#clock.nowMs() + patienceMs;
    const ticket: Place = { reader, untilMs: 0 };
    for (;;) {
      const nowMs = this.#clock.nowMs();
      forget(this.#running, nowMs);
      if (this.#isFree(reader)) {
        this.#waiting.delete(ticket);
        return this.#run(reader, nowMs);
      }
      forget(this.#waiting, nowMs);
      const mayWait = this.#waiting.has(ticket) || this.#mayWait(reader);
      if (nowMs >= deadlineMs || !mayWait) {
        this.#waiting.delete(ticket);
        return null;
      }
      ticket.untilMs = nowMs + GONE_AFTER_MS;
      this.#waiting.add(ticket);
      await this.#clock.wait(LOOK_AGAIN_MS);
    }
  }

  #run(reader: string | null, nowMs: number): () => void {
    const place = { reader, untilMs: nowMs + LEASE_MS };
    this.#running.add(place);
    return () => void this.#running.delete(place);
  }

  #isFree(reader: string | null): boolean {
    const { running, runningPerReader } = this.#limits;
    return (
      isBelow(this.#running.size, running) &&
      (reader === null || isBelow(countOf(this.#running, reader), runningPerReader))
    );
  }

  #mayWait(reader: string | null): boolean {
    const { waiting, waitingPerReader } = this.#limits;
    return (
      this.#waiting.size < waiting &&
      (reader === null || countOf(this.#waiting, reader) < waitingPerReader)
    );
  }
}

function isBelow(count: number, limit: number): boolean {
  return limit === 0 || count < limit;
}

function countOf(places: ReadonlySet<Place>, reader: string): number {
  let count = 0;
  for (const place of places) if (place.reader === reader) count += 1;
  return count;
}

function forget(places: Set<Place>, nowMs: number): void {
  for (const place of places) if (place.untilMs <= nowMs) places.delete(place);
}
