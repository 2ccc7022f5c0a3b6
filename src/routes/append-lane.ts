import type { AppendBatch, AppendOutcome } from "../bindings/room.ts";

/** Sends batches to the room in one call, from the request that calls it. */
export type SendBatches = (batches: AppendBatch[]) => Promise<AppendOutcome[]>;

type Turn =
  | { kind: "outcome"; outcome: AppendOutcome }
  | { kind: "failed"; error: unknown }
  | { kind: "lead" };

interface Waiting {
  batch: AppendBatch;
  chars: number;
  resolve: (turn: Turn) => void;
}

/** A leader that has not come back for so long was ended by the platform, and the next request takes over. */
const LOST_LEADER_MS = 10_000;

/** A lane that has rested for so long is quiet: nobody is about to join, so its next request need not look out. */
const QUIET_MS = 5;

/** Most text of one call to the room. */
const CALL_CHARS = 4 * 1024 * 1024;

/**
 * Group commit in front of one room: while one call is under way, the requests that arrive gather, and go to the room
 * in one call and one commit. On plain workerd a commit is an fsync of 60 to 470 microseconds and a call some 120, so
 * for single points this doubles what a room takes.
 *
 * A Worker may do I/O only on behalf of the request at hand, so there is no common sender: the first of those who wait
 * is handed the lead, makes the call from its own request, and tells the others. Requests in a lane are held by
 * `waitUntil`, because a leader whose client went away must still finish for them.
 */
export class AppendLane {
  #waiting: Waiting[] = [];
  #ledSinceMs: number | null = null;
  #restsSinceMs = 0;

  get idle(): boolean {
    return this.#ledSinceMs === null && this.#waiting.length === 0;
  }

  /** Appends a batch and gives its outcome; throws what the call that carried it threw. */
  async append(
    batch: AppendBatch,
    send: SendBatches,
    { tick, nowMs }: { tick: () => Promise<void>; nowMs: () => number },
  ): Promise<AppendOutcome> {
    const chars = batch.frames.reduce((sum, frame) => sum + frame.text.length, 0);
    if (this.#ledSinceMs !== null && nowMs() - this.#ledSinceMs < LOST_LEADER_MS) {
      const turn = await new Promise<Turn>((resolve) => {
        this.#waiting.push({ batch, chars, resolve });
      });
      if (turn.kind === "outcome") return turn.outcome;
      if (turn.kind === "failed") throw turn.error;
    }
    const isQuiet = this.#ledSinceMs === null && nowMs() - this.#restsSinceMs > QUIET_MS;
    this.#ledSinceMs = nowMs();
    // One turn of the event loop: what has arrived with this request joins it.
    if (!isQuiet) await tick();
    try {
      return await this.#lead(batch, chars, send);
    } finally {
      this.#restsSinceMs = nowMs();
    }
  }

  async #lead(batch: AppendBatch, chars: number, send: SendBatches): Promise<AppendOutcome> {
    const followers = this.#takeFollowers(chars);
    try {
      const outcomes = await send([batch, ...followers.map((follower) => follower.batch)]);
      for (const [index, follower] of followers.entries()) {
        follower.resolve(turnOf(outcomes[index + 1]));
      }
      const own = turnOf(outcomes[0]);
      if (own.kind === "failed") throw own.error;
      return own.outcome;
    } catch (error) {
      for (const follower of followers) follower.resolve({ kind: "failed", error });
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#ledSinceMs = null;
      else next.resolve({ kind: "lead" });
    }
  }

  #takeFollowers(leaderChars: number): Waiting[] {
    let chars = leaderChars;
    let count = 0;
    for (const waiting of this.#waiting) {
      chars += waiting.chars;
      if (chars > CALL_CHARS) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}

function turnOf(outcome: AppendOutcome | undefined): Exclude<Turn, { kind: "lead" }> {
  if (outcome !== undefined) return { kind: "outcome", outcome };
  return { kind: "failed", error: new Error("the room gave fewer outcomes than batches") };
}
