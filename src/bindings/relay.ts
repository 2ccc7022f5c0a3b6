import type { RelayName } from "../core/placement/relaying.ts";
import type { Bar } from "../protocol/events/bar.ts";
import type { BarMessage } from "../protocol/socket/server-message.ts";
import type { LogId } from "../protocol/words/log-id.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../protocol/words/time.ts";

/** A frame of a host's log. */
export interface FedFrame {
  cursor: Cursor;
  text: string;
  /** Events in it. */
  count: number;
}

/** What a feed has of one room. */
export interface FedRoom {
  symbol: SymbolName;
  /** The newest frame of the room before the first of `frames`: a relay that is not so far has a hole. */
  after: Cursor;
  /** All frames of the room after `after` and up to the last of these. */
  frames: FedFrame[];
  /** The newest bar, where the room has said that it is closed, and the room's head when it did; null where it has not. */
  barClosed: { at: Cursor; bar: BarMessage } | null;
}

/** What a host sends a relay of the rooms that this watches. What of it the relay has already it passes over. */
export interface RelayFeed {
  /** The log that all cursors are of. */
  log: LogId;
  rooms: FedRoom[];
  /** Symbols that are on another host now: whoever watches them is to come back. */
  gone: SymbolName[];
  /** Symbols that have come since they are watched for; absent where none have. */
  born?: SymbolName[];
}

/** Viewers of each of the feed's `rooms`, by place; null: the relay does not watch the room, and need not be fed of it. */
export interface FeedAnswer {
  viewers: (number | null)[];
  /** Nobody there waits for symbols that come. */
  ignoresNames?: true;
}

/** A room that a relay watches, and how many viewers it has there. */
export interface WatchedRoom {
  symbol: SymbolName;
  viewers: number;
}

/** What a relay begins a room with. */
export type WatchAnswer =
  | {
      kind: "watched";
      log: LogId;
      /** Logs that have handed symbols over to this one (SPEC C-6). */
      former: LogId[];
      /** Newest cursor of the room: the last values hold everything up to it, and feeds have what comes after it. */
      head: Cursor;
      /** Every frame after it is in the host's log. */
      oldest: Cursor;
      /** The last values, as JSON. */
      values: string;
      /** Viewers of the room that are not this relay's. */
      elsewhere: number;
    }
  /** The host does not know yet what was before its log. */
  | { kind: "not_known_yet" };

/** How a host has what a relay says that it watches. */
export interface StillWatched {
  log: LogId;
  /** By place of the rooms asked for: viewers elsewhere, or null where the host does not feed the relay any more. */
  elsewhere: (number | null)[];
}

/** Frames of a room after a cursor; all of them up to `through`. `unavailable`: Postgres alone has them and cannot be read. */
export type RoomPage =
  | {
      kind: "frames";
      frames: FedFrame[];
      through: Cursor;
      /** The newest cursor of what is kept no more of the room; absent where all of it is, and in answers of before 2026-11-27. */
      expiredThrough?: Cursor;
    }
  /** Not now, as where the host does not know yet what was before its log. */
  | { kind: "busy" }
  | { kind: "unavailable" };

/** What a host may ask of a relay. */
export interface RelayCalls extends Rpc.DurableObjectBranded {
  /** What is new of rooms that the relay watches. May come twice, late, or before the answer of `watch`. */
  feed(feed: RelayFeed): Promise<FeedAnswer>;
  /** The runtime is about to be replaced: viewers are to come back. */
  sayGoodbye(): Promise<void>;
}

/** What a relay may ask of its host. */
export interface FeedingCalls {
  /**
   * A relay has viewers of a symbol: from now on it is fed what comes. Asked again where the relay has a hole. The answer is what it
   * begins with.
   */
  watch(relay: RelayName, room: WatchedRoom): Promise<WatchAnswer>;
  /** A relay has no viewers of these symbols any more. */
  unwatch(relay: RelayName, symbols: readonly SymbolName[]): Promise<void>;
  /** A relay says now and again what it watches: is it fed all of that? */
  stillWatches(relay: RelayName, rooms: readonly WatchedRoom[]): Promise<StillWatched>;
  /** Frames of a room in `(after, upTo]`, perhaps not all of them, from the log or from Postgres: for a relay's replay. */
  readPage(symbol: SymbolName, after: Cursor, upTo: Cursor): Promise<RoomPage>;
  /** The 1 m bar of a minute with every trade up to `through`, which is in the log, and none after it. */
  readMinute(symbol: SymbolName, minuteUs: EpochUs, through: Cursor): Promise<Bar | null>;
}
