import type {
  RoomPage,
  StillWatched,
  WatchAnswer,
  WatchedRoom,
} from "../../../src/bindings/relay.ts";
import type { RelayName } from "../../../src/core/placement/relaying.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { RoomCore } from "../../room/room-core.ts";
import type { Feeds } from "./feeds.ts";

export interface FeedingDeps {
  log: LogId;
  formerLogs: () => LogId[];
  feeds: Feeds;
  /** Is it known whether there was something before of a symbol that nobody has pushed here? */
  mayKnow: (symbol: SymbolName) => Promise<boolean>;
  /** Finds out which symbols there were before; false where that cannot be done now. */
  learn: () => Promise<boolean>;
  roomOf: (symbol: SymbolName) => RoomCore;
  /** How many viewers of a symbol have their sockets here. */
  viewersHere: (symbol: SymbolName) => number;
  armAlarm: (room: RoomCore) => void;
}

/** What relays ask of a host. */
export class Feeding {
  readonly #deps: FeedingDeps;

  constructor(deps: FeedingDeps) {
    this.#deps = deps;
  }

  /** See `FeedingCalls`. */
  async watch(relay: RelayName, { symbol, viewers }: WatchedRoom): Promise<WatchAnswer> {
    const { log, formerLogs, feeds, mayKnow, roomOf, armAlarm } = this.#deps;
    if (!(await mayKnow(symbol))) return { kind: "not_known_yet" };
    if (!(await roomOf(symbol).isKnown())) return { kind: "not_known_yet" };
    const room = roomOf(symbol);
    const begin = room.beginRelay();
    // In one turn with the answer's head: what is appended after it is fed.
    feeds.watch(relay, symbol, begin.head, viewers);
    armAlarm(room);
    const elsewhere = this.#elsewhere(relay, symbol);
    return { kind: "watched", ...begin, log, former: formerLogs(), elsewhere };
  }

  /** See `FeedingCalls`. */
  unwatch(relay: RelayName, symbols: readonly SymbolName[]): void {
    for (const symbol of symbols) this.#deps.feeds.unwatch(relay, symbol);
  }

  /** See `HostCalls`. */
  async watchNames(relay: RelayName): Promise<void> {
    this.#deps.feeds.watchNames(relay);
    // Where it cannot learn now which symbols there were before it, it tells of them as of those that come.
    await this.#deps.learn();
  }

  /** See `FeedingCalls`. */
  stillWatches(relay: RelayName, rooms: readonly WatchedRoom[]): StillWatched {
    const { log, feeds } = this.#deps;
    const elsewhere = rooms.map(({ symbol, viewers }) =>
      feeds.setViewers(relay, symbol, viewers) ? this.#elsewhere(relay, symbol) : null,
    );
    return { log, elsewhere };
  }

  /** See `FeedingCalls`. */
  readPage(symbol: SymbolName, after: Cursor, upTo: Cursor): Promise<RoomPage> {
    return this.#deps.roomOf(symbol).readPage(after, upTo);
  }

  /** See `FeedingCalls`. */
  readMinute(symbol: SymbolName, minuteUs: EpochUs, through: Cursor): Promise<Bar | null> {
    return this.#deps.roomOf(symbol).readMinute(minuteUs, through);
  }

  #elsewhere(relay: RelayName, symbol: SymbolName): number {
    const { feeds, viewersHere } = this.#deps;
    return viewersHere(symbol) + (feeds.viewersOf(symbol, relay) ?? 0);
  }
}
