import type { FeedAnswer, RelayFeed } from "../../../src/bindings/relay.ts";
import type { RelayName } from "../../../src/core/placement/relaying.ts";
import type { BarMessage } from "../../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { RelaysOfRoom } from "../../room/room-ports.ts";
import { type SqlPort, textOf } from "../../room/sql-port.ts";
import { RelayFeeder, type RelayFeederDeps } from "./relay-feeder.ts";

/** In the place of a symbol, for no symbol is called so: the relay is told of symbols that come. */
const NAMES = "*" as SymbolName;

export interface FeedsDeps
  extends Omit<RelayFeederDeps, "relay" | "feed" | "ended" | "namesIgnored" | "struckOff"> {
  sql: SqlPort;
  feed: (relay: RelayName, feed: RelayFeed) => Promise<FeedAnswer>;
}

/**
 * The relays of a host, and what each of them watches: a row for each that outlives the host's memory. Where there are none nothing
 * of it costs anything.
 */
export class Feeds {
  readonly #deps: FeedsDeps;
  #hasTable = false;
  readonly #feeders = new Map<RelayName, RelayFeeder>();

  constructor(deps: FeedsDeps) {
    this.#deps = deps;
  }

  /** Goes on where the host was before it slept or died; gives the symbols that relays watch. */
  resume(): Set<SymbolName> {
    const symbols = new Set<SymbolName>();
    const [table] = this.#deps.sql.exec("SELECT name FROM sqlite_master WHERE name = 'relays'");
    this.#hasTable = table !== undefined;
    if (!this.#hasTable) return symbols;
    for (const row of [...this.#deps.sql.exec("SELECT relay, symbol FROM relays")]) {
      const symbol = textOf(row["symbol"]) as SymbolName;
      const feeder = this.#feederOf(textOf(row["relay"]) as RelayName);
      if (symbol === NAMES) {
        feeder.watchNames();
        continue;
      }
      const fed = this.#deps.logOf(symbol)?.lastFrame ?? null;
      feeder.resume(symbol, fed);
      symbols.add(symbol);
    }
    return symbols;
  }

  /** A relay watches a symbol from now on, and is about to be told everything up to `head`. */
  watch(relay: RelayName, symbol: SymbolName, head: Cursor, viewers: number): void {
    const feeder = this.#feederOf(relay);
    if (feeder.viewersOf(symbol) === null) this.#write(relay, symbol);
    feeder.watch(symbol, head, viewers);
  }

  /** A relay wants to be told of symbols that come from now on. */
  watchNames(relay: RelayName): void {
    const feeder = this.#feederOf(relay);
    if (!feeder.watchesNames) this.#write(relay, NAMES);
    feeder.watchNames();
  }

  /** These symbols have come. */
  born(symbols: readonly SymbolName[]): void {
    for (const feeder of this.#feeders.values()) feeder.born(symbols);
  }

  unwatch(relay: RelayName, symbol: SymbolName): void {
    const feeder = this.#feeders.get(relay);
    if (symbol !== NAMES) feeder?.unwatch(symbol);
    else if (feeder !== undefined) feeder.watchesNames = false;
    this.#forget(relay, symbol);
  }

  /** A relay says how many viewers of a symbol it has; false where it is not fed of that. */
  setViewers(relay: RelayName, symbol: SymbolName, viewers: number): boolean {
    return this.#feeders.get(relay)?.setViewers(symbol, viewers) ?? false;
  }

  /** Viewers of a symbol by way of relays, but for this one; null where none watches it. */
  viewersOf(symbol: SymbolName, but?: RelayName): number | null {
    return viewersBy(this.#feeders, symbol, but);
  }

  /** The relays as the room of a symbol sees them. */
  ofRoom(symbol: SymbolName): RelaysOfRoom {
    return new FeedsOfRoom(this.#feeders, symbol);
  }

  #feederOf(relay: RelayName): RelayFeeder {
    const known = this.#feeders.get(relay);
    if (known !== undefined) return known;
    const { sql, feed, ...deps } = this.#deps;
    const feeder = new RelayFeeder({
      ...{ ...deps, relay },
      feed: (part) => feed(relay, part),
      ended: (symbol) => this.#forget(relay, symbol),
      namesIgnored: () => this.#forget(relay, NAMES),
      struckOff: () => {
        this.#feeders.delete(relay);
        sql.exec("DELETE FROM relays WHERE relay = ?", relay);
      },
    });
    this.#feeders.set(relay, feeder);
    return feeder;
  }

  #write(relay: RelayName, symbol: SymbolName): void {
    const { sql } = this.#deps;
    // Made when it is needed: a host without relays writes nothing for them.
    if (!this.#hasTable) {
      sql.exec(
        "CREATE TABLE IF NOT EXISTS relays (relay TEXT NOT NULL, symbol TEXT NOT NULL, PRIMARY KEY (relay, symbol)) WITHOUT ROWID",
      );
      this.#hasTable = true;
    }
    sql.exec("INSERT OR IGNORE INTO relays (relay, symbol) VALUES (?, ?)", relay, symbol);
  }

  #forget(relay: RelayName, symbol: SymbolName): void {
    if (!this.#hasTable) return;
    this.#deps.sql.exec("DELETE FROM relays WHERE relay = ? AND symbol = ?", relay, symbol);
    if (this.#feeders.get(relay)?.size === 0) this.#feeders.delete(relay);
  }
}

/** Each room that is pushed to has one, so it is small. */
class FeedsOfRoom implements RelaysOfRoom {
  readonly #feeders: ReadonlyMap<RelayName, RelayFeeder>;
  readonly #symbol: SymbolName;

  constructor(feeders: ReadonlyMap<RelayName, RelayFeeder>, symbol: SymbolName) {
    this.#feeders = feeders;
    this.#symbol = symbol;
  }

  viewers(): number | null {
    return viewersBy(this.#feeders, this.#symbol);
  }

  published(): void {
    for (const feeder of this.#feeders.values()) feeder.published(this.#symbol);
  }

  barClosed(bar: BarMessage, at: Cursor): void {
    for (const feeder of this.#feeders.values()) feeder.barClosed(this.#symbol, { at, bar });
  }

  dismiss(): void {
    for (const feeder of this.#feeders.values()) feeder.dismiss(this.#symbol);
  }
}

function viewersBy(
  feeders: ReadonlyMap<RelayName, RelayFeeder>,
  symbol: SymbolName,
  but?: RelayName,
): number | null {
  let viewers: number | null = null;
  for (const [relay, feeder] of feeders) {
    const count = relay === but ? null : feeder.viewersOf(symbol);
    if (count !== null) viewers = (viewers ?? 0) + count;
  }
  return viewers;
}
