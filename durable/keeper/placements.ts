import {
  type HostName,
  hostOf,
  type Placement,
  sharedHosts,
  symbolOf,
} from "../../src/core/placement/placement.ts";
import { type SqlPort, textOf } from "../room/sql-port.ts";

/**
 * Every placement there ever was, in order, and the hosts of one symbol that have had something: nobody else can say which hosts
 * there are. Rows are written only where the settings change, or a symbol gets a host of its own.
 */
export class Placements {
  readonly #sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    sql.exec("CREATE TABLE IF NOT EXISTS placements (number INTEGER PRIMARY KEY, placement TEXT)");
    sql.exec("CREATE TABLE IF NOT EXISTS own_hosts (name TEXT PRIMARY KEY) WITHOUT ROWID");
    sql.exec("CREATE TABLE IF NOT EXISTS own_hosts_of (id INTEGER PRIMARY KEY, placement TEXT)");
  }

  /**
   * A host says by which settings it lives; `host` is null where nothing is on it. Where they are not those that were said last,
   * they are the newest from now on. `earlier`: every placement before them, in order.
   */
  announce(host: HostName | null, placement: Placement): { earlier: Placement[] } {
    if (host !== null) this.addOwnHosts([host]);
    const text = textOfPlacement(placement);
    const known = this.#texts();
    if (known.at(-1) !== text) {
      this.#sql.exec(
        "INSERT INTO placements (number, placement) VALUES (?, ?)",
        known.length,
        text,
      );
      known.push(text);
    }
    return { earlier: known.slice(0, -1).map((each) => JSON.parse(each) as Placement) };
  }

  /** Those of these hosts that are of one symbol. */
  addOwnHosts(hosts: readonly HostName[]): void {
    for (const host of hosts) {
      if (symbolOf(host) === null) continue;
      this.#sql.exec("INSERT OR IGNORE INTO own_hosts (name) VALUES (?)", host);
    }
  }

  /** The hosts of one symbol by these settings are all known. */
  learned(placement: Placement): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO own_hosts_of (id, placement) VALUES (1, ?)",
      textOfPlacement(placement),
    );
  }

  isLearned(placement: Placement): boolean {
    const [row] = this.#sql.exec("SELECT placement FROM own_hosts_of");
    return row?.["placement"] === textOfPlacement(placement);
  }

  /** The next hosts of one symbol behind this one, in order, wherever the symbol is now. */
  ownHostsAfter(host: HostName | "", most: number): HostName[] {
    const rows = this.#sql.exec(
      "SELECT name FROM own_hosts WHERE name > ? ORDER BY name LIMIT ?",
      host,
      most,
    );
    return [...rows].map(({ name }) => textOf(name) as HostName);
  }

  /** Every host that something is on by a placement. */
  hostsOf(placement: Placement): HostName[] {
    const own = this.#ownHosts().filter((host) => {
      const symbol = symbolOf(host);
      return symbol !== null && hostOf(symbol, placement) === host;
    });
    return [...sharedHosts(placement), ...own];
  }

  /** Every host there ever was: each has a log. */
  allHosts(present: Placement): HostName[] {
    const all = this.#texts().map((text) => JSON.parse(text) as Placement);
    return [...new Set([...all, present].flatMap(sharedHosts)), ...this.#ownHosts()];
  }

  #ownHosts(): HostName[] {
    const rows = this.#sql.exec("SELECT name FROM own_hosts ORDER BY name");
    return [...rows].map(({ name }) => textOf(name) as HostName);
  }

  #texts(): string[] {
    const rows = this.#sql.exec("SELECT placement FROM placements ORDER BY number");
    return [...rows].map(({ placement }) => textOf(placement));
  }
}

export function textOfPlacement({ ROOM_HOSTS, ROOM_DEDICATED }: Placement): string {
  return JSON.stringify({ ROOM_HOSTS, ROOM_DEDICATED });
}
