import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/time.ts";
import type { LogFrame } from "../log/log-row.ts";
import { numberOf, type SqlPort } from "../sql-port.ts";
import {
  type ArchiveAnswer,
  type ArchivePage,
  type FramesPage,
  type ReadArchive,
  readPatiently,
} from "./archive.ts";

/** Reads of one room under way at once: others wait their turn, and take what these have read where that will do. */
const READS_AT_ONCE = 2;
/** Text of pages that are kept for those who come next: a crowd is never far apart. */
const KEPT_CHARS = 4 * 1024 * 1024;

export interface ArchiveReadsDeps {
  sql: SqlPort;
  read: (after: Cursor, upTo: Cursor) => Promise<ArchiveAnswer>;
  wait: (ms: number) => Promise<void>;
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
  readonly #turns: (() => void)[] = [];
  #readers = 0;
  #pages: KeptPage[] = [];
  #emptyThrough: Cursor;

  constructor(deps: ArchiveReadsDeps) {
    this.#deps = deps;
    const [row] = deps.sql.exec("SELECT value FROM meta WHERE key = 'empty_through'");
    this.#emptyThrough = (row === undefined ? CURSOR_ORIGIN : numberOf(row["value"])) as Cursor;
  }

  /** Postgres has no event of the symbol up to here: the room is as old as that, and nobody was there before it. */
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

  async #readInTurn(after: Cursor, upTo: Cursor): Promise<ArchivePage> {
    if (this.#readers >= READS_AT_ONCE) {
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    }
    this.#readers += 1;
    try {
      // While it waited somebody may have read the very page.
      const kept = this.#kept(after);
      if (kept !== null) return kept;
      const page = await readPatiently(this.#deps.read, this.#deps.wait, after, upTo);
      if (page.kind === "frames") this.#keep(after, upTo, page);
      return page;
    } finally {
      this.#readers -= 1;
      this.#turns.shift()?.();
    }
  }

  #keep(after: Cursor, upTo: Cursor, page: FramesPage): void {
    if (after <= this.#emptyThrough && page.frames.length === 0 && page.through === upTo) {
      this.#emptyThrough = upTo;
      this.#deps.sql.exec(
        "INSERT OR REPLACE INTO meta (key, value) VALUES ('empty_through', ?)",
        upTo,
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
    const { frames, through } = kept.page;
    const at = after === kept.after ? 0 : indexAfter(frames, after);
    return at === 0 ? kept.page : { kind: "frames", frames: frames.slice(at), through };
  }
}

/** Index of the first frame after a cursor. */
function indexAfter(frames: readonly LogFrame[], after: Cursor): number {
  const at = frames.findIndex(({ cursor }) => cursor > after);
  return at === -1 ? frames.length : at;
}
