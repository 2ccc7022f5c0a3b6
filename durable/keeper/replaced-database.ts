import type { Replacement } from "../../src/db/upkeep/database-identity.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../src/protocol/time.ts";
import type { Resend } from "../room/outbox/stored-where.ts";

/** Rooms asked at once. */
const AT_ONCE = 8;
/** Between two notes of how far it is. */
const NAMES_A_PAGE = 200;

/** What the Keeper remembers of databases. */
export interface KnownDatabase {
  identity: string;
  /** It has taken the place of another, and rooms after this name have not been asked yet. */
  asking: (Replacement & { after: SymbolName | "" }) | null;
}

export interface ReplacedDatabaseDeps {
  load(): Promise<KnownDatabase | undefined>;
  save(known: KnownDatabase): Promise<void>;
  /** The next names behind this one, in order. */
  namesAfter(name: SymbolName | "", most: number): Promise<SymbolName[]>;
  /** Has a room look at the database, and gives what it does about it. */
  meet(symbol: SymbolName, identity: string): Promise<Resend>;
  note(identity: string, replacement: Replacement): Promise<void>;
  replaced(replacement: Replacement): void;
  nowUs(): EpochUs;
}

/**
 * Finds out that a database has taken the place of another one, and has every room look, so that what rooms hold comes back
 * without anybody touching their symbols (SPEC S-8). What breaks it off is taken up with the next call.
 */
export class ReplacedDatabase {
  readonly #deps: ReplacedDatabaseDeps;
  #isRunning = false;

  constructor(deps: ReplacedDatabaseDeps) {
    this.#deps = deps;
  }

  /** The database has said who it is. Rejects where rooms or the database could not be reached. */
  async hear(identity: string): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      await this.#hear(identity);
    } finally {
      this.#isRunning = false;
    }
  }

  async #hear(identity: string): Promise<void> {
    const { load, save, nowUs } = this.#deps;
    let known = await load();
    if (known?.identity !== identity) {
      const isFirst = known === undefined;
      const begun = { sinceUs: nowUs(), rooms: 0, lostTo: null, after: "" as const };
      known = { identity, asking: isFirst ? null : begun };
      await save(known);
    }
    if (known.asking !== null) await this.#ask(identity, known.asking);
  }

  async #ask(identity: string, asking: NonNullable<KnownDatabase["asking"]>): Promise<void> {
    const { namesAfter, note, replaced, save } = this.#deps;
    for (;;) {
      const names = await namesAfter(asking.after, NAMES_A_PAGE);
      for (let at = 0; at < names.length; at += AT_ONCE) {
        const part = names.slice(at, at + AT_ONCE);
        for (const one of await Promise.all(part.map((name) => this.#deps.meet(name, identity)))) {
          if (one.resends) asking.rooms += 1;
          asking.lostTo = later(asking.lostTo, one.lostThrough);
        }
      }
      asking.after = names.at(-1) ?? asking.after;
      const { after: _, ...replacement } = asking;
      await note(identity, replacement);
      const isDone = names.length < NAMES_A_PAGE;
      await save({ identity, asking: isDone ? null : asking });
      if (!isDone) continue;
      replaced(replacement);
      return;
    }
  }
}

function later(one: Cursor | null, other: Cursor | null): Cursor | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
