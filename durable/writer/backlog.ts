import type { BacklogReport, StoreRequest } from "../../src/bindings/writer.ts";
import type { EpochUs } from "../../src/protocol/time.ts";

/** Events that wait for Postgres so long are behind, in microseconds. */
const BEHIND_US = 30_000_000;
/** An outbox that has filled this part of its limit is behind, however young it is. */
const BEHIND_SHARE = 1 / 4;
/** The rooms of a backlog are gone through at most so often, in microseconds. */
const LOOK_EVERY_US = 1_000_000;

/** What a room has handed over and is not stored. */
interface Unstored {
  /** When its oldest event was acknowledged: the cursor of its frame. */
  oldestUs: EpochUs;
  outboxBytes: number;
}

/**
 * What a Writer knows of acknowledged events that wait for Postgres. A room hands over the oldest part of its outbox, and the same
 * again where it could not be stored, so what waits longest is always here.
 */
export class Backlog {
  readonly #limitBytes: number;
  /** In the order they came. A room may have two parts under way. */
  readonly #underWay = new Map<StoreRequest, Unstored>();
  /** Rooms whose part came back, until they hand it over again. */
  readonly #failed = new Map<string, Unstored>();
  #isTold = false;
  #lookedAtUs = Number.NEGATIVE_INFINITY;

  /** `limitBytes` of a room's outbox; 0: no limit. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  handedOver(request: StoreRequest): void {
    // A cursor is a moment: that in which its frame was taken.
    const oldestUs = request.frames[0]?.cursor as EpochUs | undefined;
    if (oldestUs === undefined) return;
    this.#failed.delete(request.symbol);
    this.#underWay.set(request, { oldestUs, outboxBytes: request.outboxBytes ?? 0 });
  }

  ended(request: StoreRequest, isStored: boolean): void {
    const unstored = this.#underWay.get(request);
    this.#underWay.delete(request);
    if (unstored === undefined || isStored) return;
    const failed = this.#failed.get(request.symbol);
    if (failed === undefined || failed.oldestUs > unstored.oldestUs) {
      this.#failed.set(request.symbol, unstored);
    }
  }

  /** What waits; null where nothing waits for too long. */
  report(nowUs: EpochUs): BacklogReport | null {
    let oldestUs: EpochUs | null = null;
    let bytes = 0;
    let isFull = false;
    const rooms = new Map<string, number>();
    const add = (symbol: string, unstored: Unstored) => {
      if (oldestUs === null || unstored.oldestUs < oldestUs) oldestUs = unstored.oldestUs;
      rooms.set(symbol, Math.max(rooms.get(symbol) ?? 0, unstored.outboxBytes));
    };
    for (const [{ symbol }, unstored] of this.#underWay) add(symbol, unstored);
    for (const [symbol, unstored] of this.#failed) add(symbol, unstored);
    for (const outboxBytes of rooms.values()) {
      bytes += outboxBytes;
      isFull ||= this.#limitBytes > 0 && outboxBytes >= this.#limitBytes * BEHIND_SHARE;
    }
    if (oldestUs === null || (nowUs - oldestUs < BEHIND_US && !isFull)) return null;
    return { rooms: rooms.size, oldestUs, bytes };
  }

  /** Has a backlog begun or ended since it was asked last? Looks at most once a second. */
  news(nowUs: EpochUs): { kind: "began"; report: BacklogReport } | { kind: "ended" } | null {
    const sinceUs = nowUs - this.#lookedAtUs;
    const isEmpty = this.#underWay.size + this.#failed.size === 0;
    if (sinceUs >= 0 && sinceUs < LOOK_EVERY_US && !(isEmpty && this.#isTold)) return null;
    this.#lookedAtUs = nowUs;
    const report = this.report(nowUs);
    if ((report !== null) === this.#isTold) return null;
    this.#isTold = report !== null;
    return report === null ? { kind: "ended" } : { kind: "began", report };
  }
}
