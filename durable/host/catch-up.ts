import type { Cursor } from "../../src/protocol/words/time.ts";
import type { HostLog, LogFrame, RoomId } from "./log/host-log.ts";
import type { RoomRecord } from "./room-record.ts";

/** Where fewer rooms are behind each reads its own frames, which blocks and memory find quickly. */
export const WORTH_ROOMS = 64;
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
  log: Pick<HostLog, "lastOf" | "partAfter">;
  roomOf: (record: RoomRecord) => FoldedRoom;
  /** One turn of the event loop. */
  pause: () => Promise<void>;
}

/**
 * Brings the last values of many rooms to the head of the log in one pass over it, as the list of symbols needs after a wake. A
 * commit has frames of hundreds of rooms in one row, so if each room read the rows that have some of it, a list of 5,000 would read
 * each row hundreds of times.
 */
export class CatchUp {
  readonly #deps: CatchUpDeps;
  #last: Promise<void> = Promise.resolve();

  constructor(deps: CatchUpDeps) {
    this.#deps = deps;
  }

  /** Ends when no more of these rooms are behind than may well read for themselves. One pass is under way at a time. */
  run(records: readonly RoomRecord[]): Promise<void> {
    const pass = () => this.#run(records);
    this.#last = this.#last.then(pass, pass);
    return this.#last;
  }

  async #run(records: readonly RoomRecord[]): Promise<void> {
    if (records.length < WORTH_ROOMS) return;
    const { log, pause } = this.#deps;
    const behind = await this.#behind(records);
    if (behind.rooms.size < WORTH_ROOMS) return;
    for (let after = behind.from; ; ) {
      const part = log.partAfter(A_TURN, after);
      if (part === null) break;
      for (const { room, frames } of part.rooms) behind.rooms.get(room)?.foldIn(frames);
      after = part.through;
      await pause();
    }
    let at = 0;
    for (const room of behind.rooms.values()) {
      room.beforeUnload();
      at += 1;
      if (at % ROOMS_A_TURN === 0) await pause();
    }
  }

  /** The rooms that are behind, and where the one lies that is the farthest. */
  async #behind(
    records: readonly RoomRecord[],
  ): Promise<{ rooms: Map<RoomId, FoldedRoom>; from: Cursor }> {
    const { log, roomOf, pause } = this.#deps;
    const rooms = new Map<RoomId, FoldedRoom>();
    let from = Number.POSITIVE_INFINITY;
    let at = 0;
    for (const record of records) {
      at += 1;
      if (at % ROOMS_A_TURN === 0) await pause();
      const last = log.lastOf(record.id);
      if (last === null) continue;
      const room = roomOf(record);
      const { foldedThrough } = room;
      if (foldedThrough === null || foldedThrough >= last) continue;
      rooms.set(record.id, room);
      from = Math.min(from, foldedThrough);
    }
    return { rooms, from: from as Cursor };
  }
}
