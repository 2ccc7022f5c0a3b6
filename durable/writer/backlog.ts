import type { BacklogReport, StoreOutcome, StoreRequest } from "../../src/bindings/writer.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";

/** Events that wait for Postgres so long are behind, in microseconds. */
const BEHIND_US = 30_000_000;
/** An outbox that has filled this part of its limit is behind, however young it is. */
const BEHIND_SHARE = 1 / 4;
/** The lanes of a backlog are gone through at most so often, in microseconds. */
const LOOK_EVERY_US = 1_000_000;
/** What a lane has behind a part is said by the next one, which comes with the host's alarm at the latest, in microseconds. */
const NEXT_WITHIN_US = 15_000_000;
/** Refused symbols that are remembered, and those that a report names. */
const MOST_REFUSED = 1_000;
const NAMED = 100;

/** What a lane has handed over and is not stored. */
interface Unstored {
  /** When its oldest event was acknowledged: the cursor of its frame. */
  oldestUs: EpochUs;
  rooms: number;
  bytes: number;
}

/**
 * What a Writer knows of acknowledged events that wait for Postgres. A lane of a host hands over the oldest part of what it has,
 * and the same again where it could not be stored, so what waits longest is always here.
 */
export class Backlog {
  readonly #limitBytes: number;
  /** In the order they came. A lane may have two parts under way. */
  readonly #underWay = new Map<StoreRequest, Unstored>();
  /** Lanes whose part came back, until they hand it over again. */
  readonly #failed = new Map<string, Unstored>();
  /** Lanes that had more behind the part that was stored, until they hand that over. */
  readonly #between = new Map<string, Unstored & { sinceUs: EpochUs }>();
  /** What lanes had behind the part that they handed over last. */
  readonly #left = new Map<string, number>();
  /** Symbols whose events Postgres did not take when they were last put to it. */
  readonly #refused = new Set<SymbolName>();
  #isTold = false;
  #lookedAtUs = Number.NEGATIVE_INFINITY;

  /** `limitBytes` of a host's outbox; 0: no limit. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  handedOver(request: StoreRequest): void {
    // A cursor is a moment: that in which its frame was taken.
    let oldestUs = Number.POSITIVE_INFINITY;
    for (const { frames } of request.rooms) {
      oldestUs = Math.min(oldestUs, frames[0]?.cursor ?? oldestUs);
    }
    if (oldestUs === Number.POSITIVE_INFINITY) return;
    this.#failed.delete(laneOf(request));
    this.#between.delete(laneOf(request));
    this.#left.set(laneOf(request), request.leftBytes ?? 0);
    const { roomsWaiting: rooms, outboxBytes: bytes } = request;
    this.#underWay.set(request, { oldestUs: oldestUs as EpochUs, rooms, bytes });
  }

  ended(request: StoreRequest, outcome: StoreOutcome, nowUs: EpochUs): void {
    const unstored = this.#underWay.get(request);
    this.#underWay.delete(request);
    this.#noteRefused(request, outcome);
    // What the outbox leaves behind the host holds back, and hands over in the other lane.
    const isOver = outcome.kind === "partly" && request.lane === "outbox";
    if (unstored === undefined) return;
    const lane = laneOf(request);
    if (outcome.kind === "stored" || isOver) {
      const bytes = this.#left.get(lane) ?? 0;
      if (bytes === 0 || this.#hasUnderWay(lane)) return;
      // What is behind it is younger; how much is known when it is handed over.
      this.#between.set(lane, { ...unstored, bytes, sinceUs: nowUs });
      return;
    }
    const failed = this.#failed.get(lane);
    if (failed === undefined || failed.oldestUs > unstored.oldestUs) {
      this.#failed.set(lane, unstored);
    }
  }

  /** What waits; null where nothing waits for too long. */
  report(nowUs: EpochUs): BacklogReport | null {
    let oldestUs: EpochUs | null = null;
    const lanes = new Map<string, { rooms: number; bytes: number }>();
    const add = (lane: string, unstored: Unstored) => {
      if (oldestUs === null || unstored.oldestUs < oldestUs) oldestUs = unstored.oldestUs;
      const known = lanes.get(lane);
      lanes.set(lane, {
        rooms: Math.max(known?.rooms ?? 0, unstored.rooms),
        bytes: Math.max(known?.bytes ?? 0, unstored.bytes),
      });
    };
    for (const [request, unstored] of this.#underWay) add(laneOf(request), unstored);
    for (const [lane, unstored] of this.#failed) add(lane, unstored);
    for (const [lane, unstored] of this.#between) {
      // What no place is known of is never handed over, and a host may have gone.
      if (isWithin(nowUs - unstored.sinceUs, NEXT_WITHIN_US)) add(lane, unstored);
      else this.#between.delete(lane);
    }
    const total = { rooms: 0, bytes: 0 };
    let isFull = false;
    for (const { rooms, bytes } of lanes.values()) {
      total.rooms += rooms;
      total.bytes += bytes;
      isFull ||= this.#limitBytes > 0 && bytes >= this.#limitBytes * BEHIND_SHARE;
    }
    if (oldestUs === null || (nowUs - oldestUs < BEHIND_US && !isFull)) return null;
    const refused = [...this.#refused].slice(0, NAMED);
    return { ...total, oldestUs, ...(refused.length > 0 && { refused }) };
  }

  #hasUnderWay(lane: string): boolean {
    return [...this.#underWay.keys()].some((request) => laneOf(request) === lane);
  }

  #noteRefused({ rooms }: StoreRequest, outcome: StoreOutcome): void {
    if (outcome.kind === "unavailable") return;
    if (outcome.kind === "stored" && this.#refused.size === 0) return;
    const isRefused = (symbol: SymbolName) =>
      outcome.kind === "partly" ? outcome.refused.includes(symbol) : outcome.kind !== "stored";
    for (const { symbol } of rooms) {
      if (!isRefused(symbol)) this.#refused.delete(symbol);
      else if (this.#refused.size < MOST_REFUSED) this.#refused.add(symbol);
    }
  }

  /** Has a backlog begun or ended since it was asked last? Looks at most once a second. */
  news(nowUs: EpochUs): { kind: "began"; report: BacklogReport } | { kind: "ended" } | null {
    const isEmpty = this.#underWay.size + this.#failed.size + this.#between.size === 0;
    const hasLooked = isWithin(nowUs - this.#lookedAtUs, LOOK_EVERY_US);
    if (hasLooked && !(isEmpty && this.#isTold)) return null;
    this.#lookedAtUs = nowUs;
    const report = this.report(nowUs);
    if ((report !== null) === this.#isTold) return null;
    this.#isTold = report !== null;
    return report === null ? { kind: "ended" } : { kind: "began", report };
  }
}

/** Less than nothing has passed where the clock was turned back. */
function isWithin(passedUs: number, limitUs: number): boolean {
  return passedUs >= 0 && passedUs < limitUs;
}

function laneOf({ host, lane }: StoreRequest): string {
  return `${lane} ${host}`;
}
