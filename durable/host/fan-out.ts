import type { FanOutPace } from "../room/viewers/fan-out-pace.ts";

/** After so much for viewers of several rooms the event loop has a turn, in ms. */
const SLICE_MS = 4;
/**
 * Rooms take at most this part of the thread while they wait for their turn. A push takes several turns and has as many slices in its way:
 * with more of the thread, pushes came late, so there was less to join, and so each event cost more.
 */
const SHARE = 0.7;

/** A room as its host tells it that there is more in the log. */
export interface PublishedRoom {
  /** What it would cost to send something to those who are live, in ms. */
  readonly fanOutMs: number;
  /** `isAfterAck`: nobody waits for it. Gives what was sent, in ms. */
  published(isAfterAck?: boolean): number;
}

export interface FanOutDeps {
  pace: Pick<FanOutPace, "atOnceMs" | "took">;
  nowMs: () => number;
  wait: (ms: number) => Promise<void>;
  keepAwake: (work: Promise<void>) => void;
}

/**
 * Tells rooms of a host, or of a relay, of what was appended. Where that is little it happens at once. Else the acknowledgement goes
 * first, and the rooms follow in slices between which the event loop has a turn: a push to a hundred rooms of a few viewers each is
 * as much to send as one to a room of many, which slices its own part (`LiveStream`). Where more is pushed than can be sent, rooms
 * wait for their turn the longer, and what comes meanwhile goes out together.
 */
export class FanOut {
  readonly #deps: FanOutDeps;
  readonly #waiting = new Set<PublishedRoom>();
  #isRunning = false;

  constructor(deps: FanOutDeps) {
    this.#deps = deps;
  }

  published(rooms: readonly PublishedRoom[]): void {
    const { pace, keepAwake } = this.#deps;
    const costMs = rooms.reduce((sum, { fanOutMs }) => sum + fanOutMs, 0);
    if (!this.#isRunning && costMs <= pace.atOnceMs) {
      for (const room of rooms) room.published();
      return;
    }
    for (const room of rooms) this.#waiting.add(room);
    if (!this.#isRunning) keepAwake(this.#run());
  }

  async #run(): Promise<void> {
    const { pace, nowMs, wait } = this.#deps;
    this.#isRunning = true;
    try {
      await wait(0);
      let spentMs = 0;
      let beganMs = nowMs();
      for (const room of this.#waiting) {
        this.#waiting.delete(room);
        spentMs += room.published(true);
        if (spentMs < SLICE_MS || this.#waiting.size === 0) continue;
        await wait(0);
        pace.took(spentMs, nowMs() - beganMs);
        await wait(Math.ceil(spentMs / SHARE - spentMs));
        spentMs = 0;
        beganMs = nowMs();
      }
    } finally {
      this.#isRunning = false;
    }
  }
}
