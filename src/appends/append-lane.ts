import type { HostBatch, HostFailure, HostOutcome } from "../bindings/host.ts";
import type { HostName } from "../core/placement/placement.ts";

/** So long a batch waits for others, in ms; after it goes alone, for its host may be far away. */
export const PATIENCE_MS = 10;
/** Whoever has not gone so long after it came, in ms, is not there any more: nobody else brings its batch then. */
export const FRESH_MS = 250;
/** A call that has not ended after so long may never: its request may be gone, and nothing says so. */
export const CALL_MS = 1_000;
/** Whoever's batch another request carries has lost sight of it after so long. */
export const ANSWER_MS = 30_000;
/** Most of one call; a longer batch still goes, alone. */
export const MOST = { batches: 32, chars: 1024 * 1024 };

/** What a request lends to a lane. Its timers and calls go on for sure only as long as the request does. */
export interface LaneTurn {
  /** Appends batches in their order, and gives what became of each. */
  send(batches: readonly HostBatch[]): Promise<readonly (HostOutcome | HostFailure)[]>;
  /** Keeps a call going where the client of the request that makes it has gone. */
  keep(call: Promise<unknown>): void;
  nowMs(): number;
  /** Calls back after so long; gives what calls that off. */
  setTimer(callback: () => void, ms: number): () => void;
  /** Calls back when the request's client has gone, and with it all that the request waits for; gives what calls that off. */
  onGone(callback: () => void): () => void;
}

/** A batch in a lane. */
interface Place {
  readonly batch: HostBatch;
  readonly sinceMs: number;
  isSent: boolean;
  /** What became of it; null while nobody knows. */
  ended: HostOutcome | HostFailure | null;
  /** Has whoever waits for it look again. It may be called under any request. Null while nobody waits. */
  wake: (() => void) | null;
}

/**
 * The way of an isolate's batches to one host. While a call is under way the next batches gather, and go in one call when it has
 * ended: a call costs a fourth of a small post, and what goes together is one commit.
 *
 * Requests of an isolate end without notice, as where a client hangs up: whoever was woken may be gone, and a request that waits for
 * nothing of its own is ended as hung. So whoever waits has a timer of its own and carries all that wait when that is due; a call
 * that carries the batches of others is kept, whatever becomes of its request; and a batch whose request should have gone by itself
 * is carried by nobody else, for it would come late and unasked. Whoever is known to have gone is not woken: what came not long ago
 * is carried all the same, by the next that waits.
 */
export class AppendLane {
  #waiting: Place[] = [];
  #call: { readonly sinceMs: number } | null = null;

  /** Appends a batch, in a call with those that wait. Rejects with what its call, or its host over it, failed with. */
  async append(batch: HostBatch, turn: LaneTurn): Promise<HostOutcome> {
    const sinceMs = turn.nowMs();
    const place: Place = { batch, sinceMs, isSent: false, ended: null, wake: null };
    let isDue = !this.#isBusy(sinceMs);
    if (!isDue) this.#waiting.push(place);
    while (place.ended === null) {
      if (isDue && !place.isSent) {
        await this.#carry(place, turn);
        continue;
      }
      const wasSent = place.isSent;
      const isWoken = await woken(place, turn, wasSent ? ANSWER_MS : PATIENCE_MS);
      if (!isWoken && wasSent && place.ended === null) throw lost();
      isDue = !isWoken || !this.#isBusy(turn.nowMs());
    }
    if (place.ended.kind === "failed") throw place.ended.error;
    return place.ended;
  }

  #isBusy(nowMs: number): boolean {
    if (this.#call === null) return false;
    const forMs = nowMs - this.#call.sinceMs;
    // Less than nothing where the clock was turned back.
    return forMs >= 0 && forMs < CALL_MS;
  }

  async #carry(own: Place, turn: LaneTurn): Promise<void> {
    const nowMs = turn.nowMs();
    const group = this.#take(own, nowMs);
    const call = { sinceMs: nowMs };
    this.#call = call;
    const sent = send(group, turn).then(() => {
      if (this.#call === call) this.#call = null;
      for (const place of group) if (place !== own) place.wake?.();
      this.#waiting.find(({ wake }) => wake !== null)?.wake?.();
    });
    if (group.length > 1) turn.keep(sent);
    await sent;
  }

  /** A batch, and those that came not long ago, as far as they go into one call. */
  #take(own: Place, nowMs: number): Place[] {
    const group = [own];
    if (this.#waiting.length === 0) return sentNow(group);
    let chars = charsOf(own.batch);
    const left: Place[] = [];
    for (const place of this.#waiting) {
      const forMs = nowMs - place.sinceMs;
      if (place === own || forMs < 0 || forMs > FRESH_MS) continue;
      chars += charsOf(place.batch);
      const isTaken = left.length === 0 && group.length < MOST.batches && chars <= MOST.chars;
      (isTaken ? group : left).push(place);
    }
    this.#waiting = left;
    return sentNow(group);
  }
}

/** The lanes of an isolate: one to each host that something is on its way to. */
export class AppendLanes {
  readonly #lanes = new Map<HostName, AppendLane>();

  /** The lane to a host. */
  to(host: HostName): AppendLane {
    let lane = this.#lanes.get(host);
    if (lane === undefined) {
      // Requests that have gone tell nobody that they need theirs no more. Whoever is in one that is forgotten goes on there.
      if (this.#lanes.size >= MOST_LANES) this.#lanes.clear();
      lane = new AppendLane();
      this.#lanes.set(host, lane);
    }
    return lane;
  }
}

const MOST_LANES = 1_000;

function sentNow(group: Place[]): Place[] {
  for (const place of group) place.isSent = true;
  return group;
}

/** It never rejects: what a call failed with is what became of each batch of it. */
async function send(group: readonly Place[], turn: LaneTurn): Promise<void> {
  try {
    const said = await turn.send(group.map(({ batch }) => batch));
    for (const [at, place] of group.entries()) {
      place.ended = said[at] ?? { kind: "failed", error: lost() };
    }
  } catch (error) {
    for (const place of group) place.ended = { kind: "failed", error };
  }
}

/** False where the time is over first. */
async function woken(place: Place, turn: LaneTurn, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  place.wake = () => resolve(true);
  const forget = turn.onGone(() => {
    place.wake = null;
  });
  const callOff = turn.setTimer(() => resolve(false), ms);
  const isWoken = await promise;
  place.wake = null;
  // Not by whoever wakes: a request's timers are known under numbers of its own.
  callOff();
  forget();
  return isWoken;
}

/** As of an object that began anew under a call: nobody knows what became of the batch. */
function lost(): Error {
  const message = "the call that carried the batch has not ended";
  return Object.assign(new Error(message), { retryable: true });
}

function charsOf({ rooms }: HostBatch): number {
  let chars = 0;
  for (const { frames } of rooms) for (const { text } of frames) chars += text.length;
  return chars;
}
