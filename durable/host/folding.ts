import type { Cursor } from "../../src/protocol/words/time.ts";
import type { CatchUp } from "./catch-up.ts";
import type { HostLog } from "./log/host-log.ts";
import type { RoomRecord } from "./room-record.ts";

/** A quarter of what memory holds of the log, so that whoever takes it up reads no disk. */
export const FOLD_BYTES = 2 * 1024 * 1024;

export interface FoldingDeps {
  log: Pick<HostLog, "head" | "appendedBytes">;
  records: () => Iterable<RoomRecord>;
  catchUp: Pick<CatchUp, "runThrough">;
  /** Lets go of what rooms remember of trades, as far as it is too much for all together. */
  trimTrades: () => void;
  keepAwake: (work: Promise<void>) => void;
  failed: (error: unknown) => void;
}

/**
 * Rooms take up what was appended when somebody asks for their last values, or has to write them down because the log is about to be
 * dropped. Where nobody asks for long that would be a million events in one turn of the event loop, so they never lack more than this
 * leaves them.
 */
export class Folding {
  readonly #deps: FoldingDeps;
  #through = 0;
  #isRunning = false;

  constructor(deps: FoldingDeps) {
    this.#deps = deps;
  }

  /** There is more in the log. */
  kick(): void {
    const { log, keepAwake, failed } = this.#deps;
    if (this.#isRunning || log.appendedBytes - this.#through < FOLD_BYTES) return;
    this.#isRunning = true;
    this.#through = log.appendedBytes;
    keepAwake(
      this.#run(log.head)
        .catch(failed)
        .finally(() => {
          this.#isRunning = false;
        }),
    );
  }

  async #run(head: Cursor): Promise<void> {
    const { catchUp, records, trimTrades } = this.#deps;
    await catchUp.runThrough(records(), head);
    trimTrades();
  }
}
