import type { Cursor } from "../../src/protocol/words/time.ts";
import { TradeReading } from "../room/append/trade-reading.ts";
import { WINDOW_EVENTS } from "../room/state/room-state.ts";
import type { AlertFollowing } from "./alerts/alert-following.ts";
import { passBack, readTradesBack } from "./append/read-trades.ts";
import type { CatchUp } from "./catch-up.ts";
import type { HostLog, RoomId } from "./log/host-log.ts";
import type { Reach, RoomRecord } from "./room-record.ts";

/** Rooms that write down in one turn what would go with the log. */
const AT_ONCE = 20;
/** A room among many keeps the trades of its share of so many events, and of so many at the least. */
const SHARED_EVENTS = 1_000_000;
const LEAST_EVENTS = 100;

export interface PruningDeps {
  log: Pick<HostLog, "head" | "prunable" | "prune" | "rowsBack" | "headsBack">;
  recordOf: (room: RoomId) => RoomRecord;
  catchUp: Pick<CatchUp, "runThrough">;
  following: Pick<AlertFollowing, "read">;
  /** May frames up to `through` go, of all rooms? What keeps them is looked at again with the next that is stored. */
  mayDrop: (through: Cursor) => boolean;
  /** Has the room had a trade, as far as it knows? */
  hasTraded: (room: RoomId) => boolean;
  /** Writes down what a room would lose with the log up to `through`; `trades` is null where it has had none. */
  keepBeforeDrop: (room: RoomId, through: Cursor, trades: TradeReading | null) => void;
  /** What was written down of a room was not dropped: its log reaches back as far as it `did`. */
  keptAfterAll: (record: RoomRecord, through: Cursor, did: Reach) => void;
  /** One turn of the event loop. */
  pause: () => Promise<void>;
  keepAwake: (work: Promise<void>) => void;
}

/**
 * Drops the oldest part of a host's log, after each room that has something in it has written down what it knows by it. Rows have
 * frames of hundreds of rooms, so all of them are read once for all rooms, in turns.
 */
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
    const { log, mayDrop, keepBeforeDrop, recordOf, catchUp, following, pause } = this.#deps;
    const { keptAfterAll } = this.#deps;
    for (;;) {
      const due = log.prunable;
      if (due === null || !mayDrop(due.through)) return;
      const records = due.rooms.map(recordOf);
      await catchUp.runThrough(records, due.through);
      await following.read(records);
      const trades = await this.#tradesOf(due);
      const did = records.map(({ before, reaches, pending }) => ({ before, reaches, pending }));
      for (const [at, room] of due.rooms.entries()) {
        keepBeforeDrop(room, due.through, trades.get(room) ?? null);
        if ((at + 1) % AT_ONCE === 0) await pause();
      }
      // It may have begun to store anew meanwhile, as with another database.
      if (log.prunable?.through === due.through && mayDrop(due.through)) {
        log.prune(due.through);
        continue;
      }
      for (const [at, record] of records.entries()) {
        keptAfterAll(record, due.through, did[at] as Reach);
      }
    }
  }

  /** Of rooms that trade: trades that are about to be dropped though they are among the newest events. */
  async #tradesOf(due: { through: Cursor; rooms: RoomId[] }): Promise<Map<RoomId, TradeReading>> {
    const { log, hasTraded, pause } = this.#deps;
    const share = Math.max(LEAST_EVENTS, Math.floor(SHARED_EVENTS / due.rooms.length));
    const most = Math.min(WINDOW_EVENTS, share);
    const readings = new Map<RoomId, TradeReading>();
    for (const room of due.rooms) {
      if (hasTraded(room)) readings.set(room, new TradeReading(most));
    }
    const deps = { log, pause };
    await passBack(deps, readings, { after: due.through, head: log.head });
    await readTradesBack(deps, readings, due.through);
    return readings;
  }
}
