import type { Cursor } from "../../src/protocol/words/time.ts";
import type { HostLog, RoomId } from "./log/host-log.ts";

/** Rooms that write down in one turn what would go with the log. */
const AT_ONCE = 50;

export interface PruningDeps {
  log: Pick<HostLog, "prunable" | "prune">;
  /** May frames up to `through` go, of all rooms? What keeps them is looked at again with the next that is stored. */
  mayDrop: (through: Cursor) => boolean;
  /** Writes down what a room would lose with the log up to `through`. */
  keepBeforeDrop: (room: RoomId, through: Cursor) => void;
  wait: (ms: number) => Promise<void>;
  keepAwake: (work: Promise<void>) => void;
}

/** Drops the oldest part of a host's log, after each room that has something in it has written down what it knows by it. */
export class Pruning {
  readonly #deps: PruningDeps;
  #isRunning = false;

  constructor(deps: PruningDeps) {
    this.#deps = deps;
  }

  /** Something may be due. */
  kick(): void {
    if (this.#isRunning || this.#deps.log.prunable === null) return;
    this.#isRunning = true;
    this.#deps.keepAwake(
      this.#run().finally(() => {
        this.#isRunning = false;
      }),
    );
  }

  async #run(): Promise<void> {
    const { log, mayDrop, keepBeforeDrop, wait } = this.#deps;
    for (;;) {
      const due = log.prunable;
      if (due === null || !mayDrop(due.through)) return;
      for (const [at, room] of due.rooms.entries()) {
        keepBeforeDrop(room, due.through);
        if ((at + 1) % AT_ONCE === 0) await wait(0);
      }
      // It may have begun to store anew meanwhile, as with another database.
      if (log.prunable?.through === due.through) log.prune(due.through);
    }
  }
}
