import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/words/time.ts";
import type { LogFrame, RoomId } from "../../host/log/host-log.ts";
import { numberOf, type SqlPort } from "../sql-port.ts";
import {
  type ArchiveAnswer,
  type ArchivePage,
  type FramesPage,
  type ReadArchive,
  readPatiently,
} from "./archive.ts";
import type { ReadTurns } from "./read-turns.ts";

/** Text of pages that are kept for those who come next: a crowd is never far apart. */
const KEPT_CHARS = 4 * 1024 * 1024;

/** Creates what the rooms of a host know of Postgres; safe to run at every wake. */
export function createArchiveTable(sql: SqlPort): void {
  // A version before S-10 took what had all been dropped for empty.
  sql.exec("DROP TABLE IF EXISTS empty_archives");
  sql.exec(
    "CREATE TABLE IF NOT EXISTS empty_pasts (room INTEGER PRIMARY KEY, through INTEGER NOT NULL)",
  );
}

export interface ArchiveReadsDeps {
  sql: SqlPort;
  /** Null while nobody has pushed to the room. */
  room: () => RoomId | null;
  /** Reads of all rooms of a host wait for each other: an object has six connections. */
  turns: ReadTurns;
  read: (after: Cursor, upTo: Cursor) => Promise<ArchiveAnswer>;
  clock: { nowMs: () => number; wait: (ms: number) => Promise<void> };
}

interface KeptPage {
  after: Cursor;
  page: FramesPage;
  chars: number;
  isUsed: boolean;
}

/**
 * What the viewers of a room read of Postgres, so that a crowd costs about what one viewer does: those who want the same range
 * share a read, those who come a little later the page. What is known to hold nothing is not asked for at all.
 */
export class ArchiveReads {
  readonly #deps: ArchiveReadsDeps;
  readonly #underWay = new Map<Cursor, Promise<ArchivePage>>();
  #pages: KeptPage[] = [];
  #emptyThrough: Cursor;

  constructor(deps: ArchiveReadsDeps) {
    this.#deps = deps;
    const room = deps.room();
    const [row] =
      room === null ? [] : deps.sql.exec("SELECT through FROM empty_pasts WHERE room = ?", room);
    this.#emptyThrough = (row === undefined ? CURSOR_ORIGIN : numberOf(row["through"])) as Cursor;
  }

  /** Postgres has had no event of the symbol up to here: the room is as old as that, and nobody was there before it. */
  get emptyThrough(): Cursor {
    return this.#emptyThrough;
  }

  /** Frames in `(after, upTo]`, perhaps not all of them; `unavailable` only where Postgres cannot be read. */
  readonly read: ReadArchive = (after, upTo) => {
    const from = Math.max(after, Math.min(this.#emptyThrough, upTo)) as Cursor;
    if (from >= upTo) return Promise.resolve({ kind: "frames", frames: [], through: upTo });
    const kept = this.#kept(from);
    if (kept !== null) return Promise.resolve(kept);
    const shared = this.#underWay.get(from);
    if (shared !== undefined) return shared;
    const read = this.#readInTurn(from, upTo).finally(() => this.#underWay.delete(from));
    this.#underWay.set(from, read);
    return read;
  };

  /** Forgets the pages that nobody has asked for since the last time it was called. */
  forgetUnused(): void {
    this.#pages = this.#pages.filter(({ isUsed }) => isUsed);
    for (const kept of this.#pages) kept.isUsed = false;
  }

  #readInTurn(after: Cursor, upTo: Cursor): Promise<ArchivePage> {
    const { turns, read, clock } = this.#deps;
    const { givenUp } = turns;
    return turns.take(async () => {
      // While it waited somebody may have read the very page.
      const kept = this.#kept(after);
      if (kept !== null) return kept;
      // Behind reads of a Postgres that hangs each that waits would hang as long as they did, one after another.
      if (turns.givenUp > givenUp) return { kind: "unavailable" };
      const patient = { read, ...clock, foundHanging: () => turns.giveUp() };
      const page = await readPatiently(patient, after, upTo);
      if (page.kind === "frames") this.#keep(after, upTo, page);
      return page;
    });
  }

  #keep(after: Cursor, upTo: Cursor, page: FramesPage): void {
    const room = this.#deps.room();
    // Where something has been dropped it was there, and viewers are told so.
    const isEmpty =
      page.frames.length === 0 && page.through === upTo && page.expiredThrough === undefined;
    if (room !== null && after <= this.#emptyThrough && isEmpty) {
      this.#emptyThrough = upTo;
      this.#deps.sql.exec(
        "INSERT OR REPLACE INTO empty_pasts (room, through) VALUES (?, ?)",
        ...[room, upTo],
      );
    }
    const chars = page.frames.reduce((sum, { text }) => sum + text.length, 0);
    this.#pages.push({ after, page, chars, isUsed: true });
    let total = this.#pages.reduce((sum, each) => sum + each.chars, 0);
    while (total > KEPT_CHARS && this.#pages.length > 1) total -= this.#pages.shift()?.chars ?? 0;
  }

  /** What a kept page has after `after`; null where none reaches beyond it. */
  #kept(after: Cursor): FramesPage | null {
    const kept = this.#pages.find((each) => each.after <= after && after < each.page.through);
    if (kept === undefined) return null;
    kept.isUsed = true;
    const at = after === kept.after ? 0 : indexAfter(kept.page.frames, after);
    return at === 0 ? kept.page : { ...kept.page, frames: kept.page.frames.slice(at) };
  }
}

/** Index of the first frame after a cursor. */
function indexAfter(frames: readonly LogFrame[], after: Cursor): number {
  const at = frames.findIndex(({ cursor }) => cursor > after);
  return at === -1 ? frames.length : at;
}
