import type { StoreOutcome } from "../../../src/bindings/writer.ts";
import { fullJitterMs } from "../../../src/core/backoff.ts";
import type { Cursor } from "../../../src/protocol/time.ts";
import type { OutboxPart, RoomLog } from "../log/log.ts";

/**
 * One part holds about this much: enough that the fixed cost of an insert is small, and little enough that making it
 * ready holds up the acknowledgements of other requests for some 20 ms at the most.
 */
export const PART_LIMIT = { events: 4_000, bytes: 512 * 1024 };
/** Parts under way at once: while Postgres works on one, the next is made ready. */
const PARTS_UNDER_WAY = 2;
/** A part of less than this share of the limit is small. */
const SMALL_SHARE = 1 / 4;
/**
 * After a small part the next one gathers for so long. The first event after a pause never waits; without this, a room
 * that gets 60 posts a second would send 60 parts, and calls between objects would cost more than the appends.
 */
const GATHER_MS = 100;
const BACKOFF = { baseMs: 250, capMs: 15_000 };

export interface DrainDeps {
  log: RoomLog;
  partLimit: { events: number; bytes: number };
  store: (part: OutboxPart) => Promise<StoreOutcome>;
  wait: (ms: number) => Promise<void>;
  random: () => number;
  keepAwake: (work: Promise<void>) => void;
  /** What was stored is in the database of this identity. True where that is another one, and the outbox begins anew. */
  storedIn: (identity: string) => boolean;
  /** The outbox's position moved. */
  onStored: (through: Cursor) => void;
}

interface PartUnderWay {
  part: OutboxPart;
  outcome: Promise<StoreOutcome>;
}

/**
 * Moves the outbox to Postgres, part by part and in order: while parts are on their way the next gathers in the log. A
 * part that could not be stored is sent again after a backoff, for as long as it takes, and so is what was sent after
 * it; storing twice changes nothing, and nothing is ever passed over (INV-1).
 */
export class OutboxDrain {
  readonly #deps: DrainDeps;
  #running = false;
  #endPause: (() => void) | null = null;

  constructor(deps: DrainDeps) {
    this.#deps = deps;
  }

  /** Starts draining, unless it is under way. */
  kick(): void {
    if (this.#running || this.#deps.log.outboxBytes === 0) return;
    this.#running = true;
    this.#deps.keepAwake(
      this.#run().finally(() => {
        this.#running = false;
      }),
    );
  }

  /** Somebody waits until all of the outbox is in Postgres: what gathers goes now. */
  hurry(): void {
    this.#endPause?.();
  }

  async #run(): Promise<void> {
    const { log, wait, random, storedIn, onStored } = this.#deps;
    let attempt = 0;
    const underWay: PartUnderWay[] = [];
    for (;;) {
      this.#send(underWay);
      const oldest = underWay.shift();
      if (oldest === undefined) return;
      const outcome = await oldest.outcome;
      if (outcome.kind === "stored") {
        attempt = 0;
        if (outcome.identity !== null && storedIn(outcome.identity)) {
          await Promise.all(underWay.splice(0).map((later) => later.outcome));
          continue;
        }
        log.markStored(oldest.part);
        onStored(oldest.part.through);
        if (underWay.length === 0 && this.#isSmall(oldest.part)) await this.#gather();
      } else {
        await Promise.all(underWay.splice(0).map((later) => later.outcome));
        await wait(fullJitterMs(attempt, BACKOFF, random));
        attempt += 1;
      }
    }
  }

  /** Sends what there is, as far as parts may be under way; behind another only a part that is worth it. */
  #send(underWay: PartUnderWay[]): void {
    const { log, partLimit, store } = this.#deps;
    while (underWay.length < PARTS_UNDER_WAY) {
      const part = log.outbox(partLimit, underWay.at(-1)?.part.through ?? log.storedThrough);
      if (part === null || (underWay.length > 0 && this.#isSmall(part))) return;
      underWay.push({ part, outcome: store(part) });
    }
  }

  #isSmall(part: OutboxPart): boolean {
    const { partLimit } = this.#deps;
    return (
      part.events < partLimit.events * SMALL_SHARE && part.bytes < partLimit.bytes * SMALL_SHARE
    );
  }

  async #gather(): Promise<void> {
    const hurried = new Promise<void>((resolve) => {
      this.#endPause = resolve;
    });
    await Promise.race([this.#deps.wait(GATHER_MS), hurried]);
    this.#endPause = null;
  }
}
