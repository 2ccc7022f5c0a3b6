/** What a receiver may ask us to wait, and so the longest wait there is. */
export const LONGEST_WAIT_MS = 3_600_000;

/** What waits to be sent. What it says is elsewhere: the queue knows when, and in which order. */
export interface Waiting {
  /** Grows with each that is queued. */
  number: number;
  /** The webhook that it goes to. */
  to: string;
  /** What of one lane goes to one webhook arrives in order. */
  lane: string;
  queuedAtMs: number;
  /** How often it was tried. */
  attempts: number;
  /** It is not tried again before. */
  dueMs: number;
}

export interface Lane {
  name: string;
  waiting: Waiting[];
  isUnderWay: boolean;
}

/** What waits for one webhook, in lanes: which of them may go on now, and which later. */
export class WebhookLanes {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that may go on, in the order in which they are served: each in its turn, whatever it holds. */
  readonly ready = new Set<Lane>();
  /** Lanes whose first one has failed, and is tried again later. */
  readonly later = new Set<Lane>();

  /** How many wait or are under way. */
  get size(): number {
    let size = 0;
    for (const { waiting } of this.#lanes.values()) size += waiting.length;
    return size;
  }

  /** Since when the oldest waits; null where none does. */
  get oldestMs(): number | null {
    let oldestMs: number | null = null;
    for (const { waiting } of this.#lanes.values()) {
      const [first] = waiting;
      if (first !== undefined) oldestMs = Math.min(oldestMs ?? first.queuedAtMs, first.queuedAtMs);
    }
    return oldestMs;
  }

  all(): Lane[] {
    return [...this.#lanes.values()];
  }

  find(name: string): Lane | undefined {
    return this.#lanes.get(name);
  }

  /** In the order of their numbers. */
  add(waiting: Waiting): void {
    let lane = this.#lanes.get(waiting.lane);
    if (lane === undefined) {
      lane = { name: waiting.lane, waiting: [], isUnderWay: false };
      this.#lanes.set(waiting.lane, lane);
    }
    lane.waiting.push(waiting);
    if (lane.waiting.length === 1) this.place(lane);
  }

  /** A lane goes behind all others of its kind. */
  place(lane: Lane): void {
    const isTried = (lane.waiting[0]?.attempts ?? 0) > 0;
    (isTried ? this.later : this.ready).add(lane);
  }

  /** The first of a lane goes. */
  leave(lane: Lane): void {
    lane.waiting.shift();
    this.ready.delete(lane);
    this.later.delete(lane);
    if (lane.waiting.length === 0) this.#lanes.delete(lane.name);
    else this.place(lane);
  }

  /** What is due to be tried again is ready. */
  makeReady(nowMs: number): void {
    for (const lane of this.later) {
      if (!isAhead(lane.waiting[0]?.dueMs, nowMs)) this.#move(lane);
    }
  }

  /** What failed need not wait for its own time. */
  bringForward(): void {
    for (const lane of this.later) this.#move(lane);
  }

  /** When the first of them may be taken that may not be before `fromMs`; null where none may. */
  nextMs(fromMs: number, nowMs: number): number | null {
    let nextMs: number | null = this.ready.size > 0 ? fromMs : null;
    for (const { waiting } of this.later) {
      const [first] = waiting;
      if (first === undefined) continue;
      const firstMs = isAhead(first.dueMs, nowMs) ? Math.max(fromMs, first.dueMs) : fromMs;
      nextMs = Math.min(nextMs ?? firstMs, firstMs);
    }
    return nextMs;
  }

  #move(lane: Lane): void {
    this.later.delete(lane);
    this.ready.add(lane);
  }
}

/** Nothing waits longer than the longest wait: where it seems to, the clock was turned back. */
export function isAhead(atMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && atMs > nowMs && atMs - nowMs <= LONGEST_WAIT_MS;
}
