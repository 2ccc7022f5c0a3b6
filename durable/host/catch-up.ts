import type { Cursor } from "../../src/protocol/words/time.ts";
import type { HostLog, LogFrame, RoomId } from "./log/host-log.ts";
import type { RoomRecord } from "./room-record.ts";

/** Rows that rooms look at one by one in some ms, each for itself; where they are more one pass over the log is for all. */
const WORTH_LOOKS = 1_000;
/** Of the log that is read in one turn, some 5 ms. */
const A_TURN = { events: 2_000, bytes: 256 * 1024 };
/** Rooms that are looked at in one turn. */
const ROOMS_A_TURN = 500;

/** A room as somebody brings it to the head of the log. */
export interface FoldedRoom {
  /** Null where that cannot be done now. */
  readonly foldedThrough: Cursor | null;
  foldIn(frames: readonly LogFrame[]): void;
  beforeUnload(): void;
}

export interface CatchUpDeps {
  log: Pick<HostLog, "head" | "memoryFrom" | "lastOf" | "rowsAfter" | "partAfter">;
  roomOf: (record: RoomRecord) => FoldedRoom;
  /** One turn of the event loop. */
  pause: () => Promise<void>;
}

interface Behind {
  rooms: Map<RoomId, FoldedRoom>;
  /** Where the one lies that is the farthest. */
  from: Cursor;
  /** Those that are behind what memory holds. */
  far: FoldedRoom[];
}

/**
 * Brings the last values of many rooms forward in one pass over the log. A commit has frames of hundreds of rooms in one row, so if
 * each room read the rows that have some of it, each row would be read hundreds of times.
 */
export class CatchUp {
  readonly #deps: CatchUpDeps;
  #last: Promise<void> = Promise.resolve();

  constructor(deps: CatchUpDeps) {
    this.#deps = deps;
  }

  /** Ends when no more of these rooms are behind the head than may well read for themselves. */
  run(records: Iterable<RoomRecord>): Promise<void> {
    return this.#next(async () => {
      const { log } = this.#deps;
      const behind = await this.#behind(records, log.head);
      const looks = behind.rooms.size === 0 ? 0 : behind.rooms.size * log.rowsAfter(behind.from);
      if (looks >= WORTH_LOOKS) await this.#fold(behind, () => log.head);
    });
  }

  /** Ends when each of these rooms has everything up to `through`, but for those that cannot have it now. */
  runThrough(records: Iterable<RoomRecord>, through: Cursor): Promise<void> {
    return this.#next(async () => {
      await this.#fold(await this.#behind(records, through), () => through);
    });
  }

  /** One pass is under way at a time. */
  #next(pass: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(pass, pass);
    return this.#last;
  }

  async #fold({ rooms, from, far }: Behind, end: () => Cursor): Promise<void> {
    const { log, pause } = this.#deps;
    if (rooms.size === 0) return;
    for (let after = from; after < end(); ) {
      const part = log.partAfter(A_TURN, after);
      if (part === null) break;
      for (const { room, frames } of part.rooms) rooms.get(room)?.foldIn(frames);
      after = part.through;
      await pause();
    }
    // What took a look at the disk is worth a row, so that the next wake need not look again.
    for (const [at, room] of far.entries()) {
      room.beforeUnload();
      if ((at + 1) % ROOMS_A_TURN === 0) await pause();
    }
  }

  /** The rooms that lack something of their own up to `through`. */
  async #behind(records: Iterable<RoomRecord>, through: Cursor): Promise<Behind> {
    const { log, roomOf, pause } = this.#deps;
    const behind: Behind = { rooms: new Map(), from: through, far: [] };
    let at = 0;
    for (const record of [...records]) {
      at += 1;
      if (at % ROOMS_A_TURN === 0) await pause();
      const last = log.lastOf(record.id);
      if (last === null) continue;
      const room = roomOf(record);
      const { foldedThrough } = room;
      if (foldedThrough === null || foldedThrough >= Math.min(last, through)) continue;
      behind.rooms.set(record.id, room);
      behind.from = Math.min(behind.from, foldedThrough) as Cursor;
      if (foldedThrough < log.memoryFrom) behind.far.push(room);
    }
    return behind;
  }
}
