import { fullJitterMs } from "../limits/backoff.ts";

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

/** How a webhook does. */
export interface Health {
  /** Attempts that failed since the last that did not, whatever was sent. */
  failures: number;
  /** Nothing is sent there before. */
  pausedUntilMs: number;
}

export const QUEUE = {
  /** As many as a Durable Object may have connections. */
  atOnce: 6,
  /** To one webhook; to one that fails it is one. */
  atOnceEach: 2,
  /** To all that fail together, so that they do not hold up the others. */
  atOnceFailing: 3,
  giveUpMs: 86_400_000,
  backoff: { baseMs: 2_000, capMs: 900_000 },
  /** What a receiver may ask us to wait, and so the longest wait there is. */
  longestWaitMs: 3_600_000,
  /** A webhook was away where so many attempts failed in a row; what waits is due when it is back. */
  awayFailures: 3,
} as const;

interface Lane {
  name: string;
  waiting: Waiting[];
  isUnderWay: boolean;
}

interface Webhook extends Health {
  name: string;
  /** The receiver asked for nothing before. What was under way by then, and arrives, does not lift that. */
  askedUntilMs: number;
  underWay: number;
  lanes: Map<string, Lane>;
  /** Lanes that may go on, in the order in which they are served: each in its turn, whatever it holds. */
  ready: Set<Lane>;
  /** Lanes whose first one has failed, and is tried again later. */
  later: Set<Lane>;
}

/**
 * Decides what is sent when: in order in each lane, few at once, each webhook for itself. It does no I/O and knows no clock: the same
 * calls give the same answers.
 */
export class DeliveryQueue {
  readonly #random: () => number;
  readonly #webhooks = new Map<string, Webhook>();
  #underWay = 0;
  #size = 0;

  /** `random` gives numbers in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** How many wait or are under way. */
  get size(): number {
    return this.#size;
  }

  sizeOf(name: string): number {
    let size = 0;
    for (const { waiting } of this.#webhooks.get(name)?.lanes.values() ?? [])
      size += waiting.length;
    return size;
  }

  /** Since when the oldest of a webhook waits; null where none does. */
  oldestMs(name: string): number | null {
    let oldestMs: number | null = null;
    for (const { waiting } of this.#webhooks.get(name)?.lanes.values() ?? []) {
      const [first] = waiting;
      if (first !== undefined) oldestMs = Math.min(oldestMs ?? first.queuedAtMs, first.queuedAtMs);
    }
    return oldestMs;
  }

  setHealth(name: string, { failures, pausedUntilMs }: Health): void {
    // Nothing is under way, so whatever paused it, only time or a release ends that.
    Object.assign(this.#webhook(name), { failures, pausedUntilMs, askedUntilMs: pausedUntilMs });
  }

  healthOf(name: string): Health {
    const { failures, pausedUntilMs } = this.#webhook(name);
    return { failures, pausedUntilMs };
  }

  /** In the order of their numbers. */
  add(waiting: Waiting): void {
    const webhook = this.#webhook(waiting.to);
    let lane = webhook.lanes.get(waiting.lane);
    if (lane === undefined) {
      lane = { name: waiting.lane, waiting: [], isUnderWay: false };
      webhook.lanes.set(waiting.lane, lane);
    }
    lane.waiting.push(waiting);
    this.#size += 1;
    if (lane.waiting.length === 1) place(webhook, lane);
  }

  /** What is to be sent now; each is under way until it is `done` or `failed`. */
  take(nowMs: number): Waiting[] {
    const taken: Waiting[] = [];
    for (const webhook of this.#byTurn()) {
      if (this.#isPaused(webhook, nowMs)) continue;
      for (const lane of webhook.later) {
        if (!isAhead(lane.waiting[0]?.dueMs, nowMs)) move(webhook.later, webhook.ready, lane);
      }
      for (const lane of webhook.ready) {
        if (this.#underWay >= QUEUE.atOnce) return taken;
        if (!this.#mayBegin(webhook)) break;
        const [first] = lane.waiting;
        if (first === undefined) continue;
        webhook.ready.delete(lane);
        lane.isUnderWay = true;
        webhook.underWay += 1;
        this.#underWay += 1;
        taken.push(first);
        this.#served(webhook);
      }
    }
    return taken;
  }

  /** It has arrived, or is given up. `isUp`: the webhook has taken it. */
  done(waiting: Waiting, isUp: boolean): void {
    const [webhook, lane] = this.#end(waiting);
    if (webhook === null) return;
    this.#leave(webhook, lane);
    if (!isUp) return;
    if (webhook.failures >= QUEUE.awayFailures) bringForward(webhook);
    webhook.failures = 0;
    webhook.pausedUntilMs = webhook.askedUntilMs;
  }

  /** It is back, or another one: what waits for it may be sent now, whatever it asked for before. */
  release(name: string): void {
    const webhook = this.#webhook(name);
    bringForward(webhook);
    Object.assign(webhook, { failures: 0, pausedUntilMs: 0, askedUntilMs: 0 });
  }

  /** It is tried again, if somebody still wants it. `retryAfterMs`: what the receiver asked for. Gives it as it waits now. */
  failed(waiting: Waiting, nowMs: number, retryAfterMs = 0): Waiting {
    const [webhook, lane] = this.#end(waiting);
    const attempts = waiting.attempts + 1;
    const again = { ...waiting, attempts, dueMs: nowMs + this.#backoffMs(attempts) };
    if (webhook === null) return again;
    lane.waiting[0] = again;
    webhook.failures += 1;
    const asked = nowMs + Math.min(retryAfterMs, QUEUE.longestWaitMs);
    if (retryAfterMs > 0) webhook.askedUntilMs = Math.max(webhook.askedUntilMs, asked);
    const backoffUntilMs = nowMs + this.#backoffMs(webhook.failures);
    webhook.pausedUntilMs = Math.max(backoffUntilMs, webhook.askedUntilMs);
    place(webhook, lane);
    return again;
  }

  /**
   * Those that have waited for too long; they are out of the queue. What is under way is left to end, and what could be tried right
   * now is, as after days without power.
   */
  giveUp(nowMs: number): Waiting[] {
    const old: Waiting[] = [];
    for (const webhook of this.#webhooks.values()) {
      for (const lane of [...webhook.lanes.values()]) {
        if (lane.isUnderWay) continue;
        let [first] = lane.waiting;
        while (first !== undefined && nowMs - first.queuedAtMs >= QUEUE.giveUpMs) {
          if (first.attempts === 0 && webhook.failures === 0) break;
          old.push(first);
          this.#leave(webhook, lane);
          [first] = lane.waiting;
        }
      }
    }
    return old;
  }

  /** Forgets a webhook and all that waits for it. */
  remove(name: string): void {
    this.#size -= this.sizeOf(name);
    this.#underWay -= this.#webhooks.get(name)?.underWay ?? 0;
    this.#webhooks.delete(name);
  }

  /** When there may be something to take or to give up; null where nothing waits but what is under way. */
  nextMs(nowMs: number): number | null {
    let nextMs: number | null = null;
    for (const webhook of this.#webhooks.values()) {
      const { pausedUntilMs, ready, later } = webhook;
      const fromMs = this.#isPaused(webhook, nowMs) ? pausedUntilMs : nowMs;
      let dueMs: number | null = ready.size > 0 ? fromMs : null;
      for (const { waiting } of later) {
        const [first] = waiting;
        if (first === undefined) continue;
        const firstMs = isAhead(first.dueMs, nowMs) ? Math.max(fromMs, first.dueMs) : fromMs;
        dueMs = Math.min(dueMs ?? firstMs, firstMs);
      }
      if (dueMs !== null) nextMs = Math.min(nextMs ?? dueMs, dueMs);
    }
    return nextMs;
  }

  #webhook(name: string): Webhook {
    let webhook = this.#webhooks.get(name);
    if (webhook === undefined) {
      webhook = {
        ...{ name, failures: 0, pausedUntilMs: 0, askedUntilMs: 0, underWay: 0 },
        ...{ lanes: new Map(), ready: new Set(), later: new Set() },
      };
      this.#webhooks.set(name, webhook);
    }
    return webhook;
  }

  /** Those that fail come after the others. */
  #byTurn(): Webhook[] {
    const all = [...this.#webhooks.values()];
    return [
      ...all.filter(({ failures }) => failures === 0),
      ...all.filter(({ failures }) => failures > 0),
    ];
  }

  /** Others come before it the next time. */
  #served(webhook: Webhook): void {
    this.#webhooks.delete(webhook.name);
    this.#webhooks.set(webhook.name, webhook);
  }

  #isPaused({ pausedUntilMs }: Webhook, nowMs: number): boolean {
    return isAhead(pausedUntilMs, nowMs);
  }

  #mayBegin({ failures, underWay }: Webhook): boolean {
    if (failures === 0) return underWay < QUEUE.atOnceEach;
    if (underWay > 0) return false;
    let failing = 0;
    for (const one of this.#webhooks.values()) if (one.failures > 0) failing += one.underWay;
    return failing < QUEUE.atOnceFailing;
  }

  /** Null where the webhook has been forgotten meanwhile, or was and is another one now. */
  #end({ to, lane: name, number }: Waiting): [Webhook, Lane] | [null, null] {
    const webhook = this.#webhooks.get(to);
    const lane = webhook?.lanes.get(name);
    if (webhook === undefined || lane?.waiting[0]?.number !== number) return [null, null];
    lane.isUnderWay = false;
    webhook.underWay -= 1;
    this.#underWay -= 1;
    return [webhook, lane];
  }

  #leave(webhook: Webhook, lane: Lane): void {
    lane.waiting.shift();
    this.#size -= 1;
    webhook.ready.delete(lane);
    webhook.later.delete(lane);
    if (lane.waiting.length === 0) webhook.lanes.delete(lane.name);
    else place(webhook, lane);
  }

  #backoffMs(failures: number): number {
    return fullJitterMs(failures, QUEUE.backoff, this.#random);
  }
}

/** A lane goes behind all others of its kind. */
function place({ ready, later }: Webhook, lane: Lane): void {
  ((lane.waiting[0]?.attempts ?? 0) > 0 ? later : ready).add(lane);
}

function move(from: Set<Lane>, to: Set<Lane>, lane: Lane): void {
  from.delete(lane);
  to.add(lane);
}

/** What failed there need not wait for its own time. */
function bringForward({ later, ready }: Webhook): void {
  for (const lane of later) move(later, ready, lane);
}

/** Nothing waits longer than the longest wait: where it seems to, the clock was turned back. */
function isAhead(atMs: number | undefined, nowMs: number): boolean {
  return atMs !== undefined && atMs > nowMs && atMs - nowMs <= QUEUE.longestWaitMs;
}
