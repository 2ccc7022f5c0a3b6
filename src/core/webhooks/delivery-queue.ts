import { fullJitterMs } from "../limits/backoff.ts";
import {
  isAhead,
  type Lane,
  LONGEST_WAIT_MS,
  type Waiting,
  WebhookLanes,
} from "./webhook-lanes.ts";

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
  longestWaitMs: LONGEST_WAIT_MS,
  /** A webhook was away where so many attempts failed in a row; what waits is due when it is back. */
  awayFailures: 3,
} as const;

interface Webhook extends Health {
  name: string;
  /** The receiver asked for nothing before. What was under way by then, and arrives, does not lift that. */
  askedUntilMs: number;
  underWay: number;
  lanes: WebhookLanes;
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
    return this.#webhooks.get(name)?.lanes.size ?? 0;
  }

  /** Since when the oldest of a webhook waits; null where none does. */
  oldestMs(name: string): number | null {
    return this.#webhooks.get(name)?.lanes.oldestMs ?? null;
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
    this.#webhook(waiting.to).lanes.add(waiting);
    this.#size += 1;
  }

  /** What is to be sent now; each is under way until it is `done` or `failed`. */
  take(nowMs: number): Waiting[] {
    const taken: Waiting[] = [];
    for (const webhook of this.#byTurn()) {
      if (this.#isPaused(webhook, nowMs)) continue;
      const { lanes } = webhook;
      lanes.makeReady(nowMs);
      for (const lane of lanes.ready) {
        if (this.#underWay >= QUEUE.atOnce) return taken;
        if (!this.#mayBegin(webhook)) break;
        const [first] = lane.waiting;
        if (first === undefined) continue;
        lanes.ready.delete(lane);
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
    if (webhook.failures >= QUEUE.awayFailures) webhook.lanes.bringForward();
    webhook.failures = 0;
    webhook.pausedUntilMs = webhook.askedUntilMs;
  }

  /** It is back, or another one: what waits for it may be sent now, whatever it asked for before. */
  release(name: string): void {
    const webhook = this.#webhook(name);
    webhook.lanes.bringForward();
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
    webhook.lanes.place(lane);
    return again;
  }

  /**
   * Those that have waited for too long; they are out of the queue. What is under way is left to end, and what could be tried right
   * now is, as after days without power.
   */
  giveUp(nowMs: number): Waiting[] {
    const old: Waiting[] = [];
    for (const webhook of this.#webhooks.values()) {
      for (const lane of webhook.lanes.all()) {
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
      const fromMs = this.#isPaused(webhook, nowMs) ? webhook.pausedUntilMs : nowMs;
      const dueMs = webhook.lanes.nextMs(fromMs, nowMs);
      if (dueMs !== null) nextMs = Math.min(nextMs ?? dueMs, dueMs);
    }
    return nextMs;
  }

  #webhook(name: string): Webhook {
    let webhook = this.#webhooks.get(name);
    if (webhook === undefined) {
      webhook = {
        ...{ name, failures: 0, pausedUntilMs: 0, askedUntilMs: 0, underWay: 0 },
        lanes: new WebhookLanes(),
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
    const lane = webhook?.lanes.find(name);
    if (webhook === undefined || lane?.waiting[0]?.number !== number) return [null, null];
    lane.isUnderWay = false;
    webhook.underWay -= 1;
    this.#underWay -= 1;
    return [webhook, lane];
  }

  #leave({ lanes }: Webhook, lane: Lane): void {
    lanes.leave(lane);
    this.#size -= 1;
  }

  #backoffMs(failures: number): number {
    return fullJitterMs(failures, QUEUE.backoff, this.#random);
  }
}
