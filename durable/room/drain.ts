import type { StoreOutcome } from "../../src/bindings/writer.ts";
import { fullJitterMs } from "../../src/core/backoff.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import type { OutboxPart, RoomLog } from "./log.ts";

/** One part holds about this much: enough that the fixed cost of an insert is small, little enough to stay in memory. */
export const PART_LIMIT = { events: 8_000, bytes: 1024 * 1024 };
const BACKOFF = { baseMs: 250, capMs: 15_000 };

export interface DrainDeps {
  log: RoomLog;
  partLimit: { events: number; bytes: number };
  store: (part: OutboxPart) => Promise<StoreOutcome>;
  wait: (ms: number) => Promise<void>;
  random: () => number;
  keepAwake: (work: Promise<void>) => void;
  /** The outbox's position moved. */
  onStored: (through: Cursor) => void;
}

/**
 * Moves the outbox to Postgres, a part at a time: while one is on its way the next gathers in the log. A part that
 * could not be stored is sent again after a backoff, for as long as it takes; nothing is ever passed over (INV-1).
 */
export class OutboxDrain {
  readonly #deps: DrainDeps;
  #running = false;

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

  async #run(): Promise<void> {
    const { log, partLimit, store, wait, random, onStored } = this.#deps;
    let attempt = 0;
    for (;;) {
      const part = log.outbox(partLimit);
      if (part === null) return;
      const outcome = await store(part);
      if (outcome.kind === "stored") {
        attempt = 0;
        log.markStored(part);
        onStored(part.through);
      } else {
        await wait(fullJitterMs(attempt, BACKOFF, random));
        attempt += 1;
      }
    }
  }
}
