import type { Resend } from "../../src/bindings/host.ts";
import type { HostName } from "../../src/core/placement/placement.ts";
import type { Replacement } from "../../src/db/upkeep/database-identity.ts";
import type { Cursor, EpochUs } from "../../src/protocol/words/time.ts";

/** Hosts asked at once. */
const AT_ONCE = 6;
/** Between two notes of how far it is. */
const HOSTS_A_PAGE = 200;

/** What the Keeper remembers of databases. */
export interface KnownDatabase {
  identity: string;
  /**
   * It has taken the place of another, and hosts after this name have not been asked yet. Absent where a version before was at
   * it, which asked rooms: then all hosts are asked.
   */
  asking: (Replacement & { afterHost?: HostName }) | null;
}

export interface ReplacedDatabaseDeps {
  load(): Promise<KnownDatabase | undefined>;
  save(known: KnownDatabase): Promise<void>;
  /** Every host that may hold something, in any order. */
  hosts(): Promise<HostName[]>;
  /** Has a host look at the database, and gives what it does about it. */
  meet(host: HostName, identity: string): Promise<Resend>;
  note(identity: string, replacement: Replacement): Promise<void>;
  replaced(replacement: Replacement): void;
  nowUs(): EpochUs;
}

/**
 * Finds out that a database has taken the place of another one, and has every host look, so that what rooms hold comes back
 * without anybody touching their symbols (SPEC S-8). What breaks it off is taken up with the next call.
 */
export class ReplacedDatabase {
  readonly #deps: ReplacedDatabaseDeps;
  #isRunning = false;

  constructor(deps: ReplacedDatabaseDeps) {
    this.#deps = deps;
  }

  /** The database has said who it is. Rejects where hosts or the database could not be reached. */
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
      const begun = { sinceUs: nowUs(), rooms: 0, lostTo: null };
      known = { identity, asking: isFirst ? null : begun };
      await save(known);
    }
    if (known.asking !== null) await this.#ask(identity, known.asking);
  }

  async #ask(identity: string, asking: NonNullable<KnownDatabase["asking"]>): Promise<void> {
    const { hosts, meet, note, replaced, save } = this.#deps;
    const { rooms: before, lostTo: lostBefore, sinceUs, afterHost } = asking;
    const isNew = afterHost === undefined;
    const replacement: Replacement = {
      ...{ sinceUs, rooms: isNew ? 0 : before, lostTo: isNew ? null : lostBefore },
    };
    const left = (await hosts()).filter((host) => isNew || host > afterHost).sort();
    for (;;) {
      const page = left.splice(0, HOSTS_A_PAGE);
      for (let at = 0; at < page.length; at += AT_ONCE) {
        const part = page.slice(at, at + AT_ONCE);
        for (const one of await Promise.all(part.map((host) => meet(host, identity)))) {
          replacement.rooms += one.rooms;
          replacement.lostTo = later(replacement.lostTo, one.lostThrough);
        }
      }
      await note(identity, replacement);
      const last = page.at(-1);
      const isDone = left.length === 0 || last === undefined;
      await save({ identity, asking: isDone ? null : { ...replacement, afterHost: last } });
      if (isDone) break;
    }
    replaced(replacement);
  }
}

function later(one: Cursor | null, other: Cursor | null): Cursor | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}
