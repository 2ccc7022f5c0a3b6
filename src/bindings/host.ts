import type { SymbolBatch } from "../core/events/encode-events.ts";
import type { PackedRooms } from "../core/events/packed-rooms.ts";
import type { RelayName } from "../core/placement/relaying.ts";
import type { BookAnswer, PollGap, SymbolSummary } from "../protocol/answers/answers.ts";
import type { PositionEvent } from "../protocol/events/event.ts";
import type { LogId } from "../protocol/words/log-id.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import type { Cursor } from "../protocol/words/time.ts";
import type { AlertCatalog, HeldAlerts } from "./alerts.ts";
import type { IdempotentRequest } from "./idempotent-request.ts";
import type { FeedingCalls } from "./relay.ts";

export type { IdempotentRequest } from "./idempotent-request.ts";

/**
 * `new`: nobody has used the key. `same`: it came with this very request before, which may have ended anywhere. `other`:
 * it came with another request.
 */
export type KeyClaim = "new" | "same" | "other";

/** What one request appends to the rooms of one host. */
export interface HostBatch {
  /** One a symbol, at least one. */
  rooms: readonly SymbolBatch[];
  /** Whose token it is, for the limit of new symbols (L-23). */
  holder: string;
  idempotency?: IdempotentRequest;
  /** The host has admitted it: nothing that it could refuse for is looked at again. */
  admitted?: true;
  correlationId: string;
}

/** The same as it goes from the Worker to the host. */
export type PackedBatch = Omit<HostBatch, "rooms"> & { rooms: PackedRooms };

/** Why a host takes nothing of a batch. */
export type HostRefusal =
  | { kind: "key_reused" }
  /** Symbols came from hosts that cannot be asked now whether they have had a part of the request. */
  | { kind: "key_unsure" }
  /** The outbox is full. */
  | { kind: "full" }
  /** Without what is in `beyond`, absent from hosts of before, nothing would be too many. */
  | { kind: "too_many_series"; symbol: SymbolName; beyond?: BeyondSeries[] }
  | { kind: "too_many_new_symbols"; retryAfterS: number }
  /** The symbol has moved to another host: whoever asks has old settings. */
  | { kind: "moved"; symbol: SymbolName };

/** Series of a batch that a room does not have, and has no place for, by their hashes. */
export interface BeyondSeries {
  symbol: SymbolName;
  series: number[];
}

/**
 * `appended`: durable, each symbol's part at the cursor in its place of `cursors`. `repeated`: the key was seen with this very
 * request, and nothing changed.
 */
export type HostOutcome = { kind: "appended" | "repeated"; cursors: Cursor[] } | HostRefusal;

/** Of one of several batches: what its append failed with. Nobody knows whether it was taken. */
export interface HostFailure {
  kind: "failed";
  error: unknown;
}

/** Events after a cursor for one poll, encoded as in a frame; `cursor` is where the next poll goes on. */
export interface PollPage {
  events: string;
  /** Cursor and number of events of each frame. */
  frames: { cursor: Cursor; count: number }[];
  count: number;
  cursor: Cursor;
  oldest: Cursor;
  /** The log that `cursor` is of; null where it came without one, and the room does not know yet where it is. */
  log: LogId | null;
  complete: boolean;
  /** What it lacks, in order; absent where it lacks nothing, and in answers of before 2026-11-27. */
  gaps?: PollGap[];
  /** The cursor that came is of another life of the log (SPEC C-6). */
  reset?: true;
}

/** The newest part of a room for a query: what Postgres does not surely have, and where that begins. */
export interface RoomTail {
  storedThrough: Cursor;
  /** How far `frames` go. */
  cursor: Cursor;
  frames: { cursor: Cursor; text: string }[];
  /** There is more behind them. */
  isCut?: true;
}

/** A frame of some room, with the text of its events. */
export interface FoundFrame {
  symbol: SymbolName;
  cursor: Cursor;
  text: string;
}

/** What a search in the newest part of all rooms has found; `complete` is false where some of it was not looked through. */
export interface TailFound {
  frames: FoundFrame[];
  complete: boolean;
}

/** What a room knows by heart of positions. */
export interface HeldPositions {
  cursor: Cursor;
  positions: PositionEvent[];
  /** There are more accounts than these. */
  isCut: boolean;
}

/** What the Worker says of an upgrade it has let through. */
export interface JoinRequest {
  symbol: SymbolName;
  since: Cursor | null;
  /** The log that `since` is of, where the viewer says it. */
  log: LogId | null;
  /** Who connects, for the limits of a viewer: a digest of the token's subject or the token, or an address; null: unknown. */
  viewerKey: string | null;
  expiresAtMs: number | null;
  /** The client offered our subprotocol, so the answer has to name it. */
  namesProtocol: boolean;
  correlationId: string;
}

/** Header that carries a `JoinRequest` as JSON from the Worker to the host. */
export const JOIN_HEADER = "x-edgetape-join";

/**
 * What a host answers with, status 429, where a room takes no more viewers, or not so fast, or does not know yet what was before
 * its log.
 */
export interface JoinRefusal {
  kind: "refused";
  reason: "full" | "connects" | "sockets" | "not_known_yet";
  retryAfterS: number;
}

/** `unsure`: those are not known, but Postgres, which may know them, cannot be asked now. */
export type Acquaintance =
  | { kind: "known" }
  | { kind: "unknown"; symbols: SymbolName[] }
  | { kind: "unsure"; symbols: SymbolName[] };

/** What a host holds for a database that has taken the place of another one (SPEC S-8). */
export interface Resend {
  /** Rooms whose events are stored again; 0 where nothing is. */
  rooms: number;
  /** Up to here the other database alone had what was; null where the log reaches back to the beginning. */
  lostThrough: Cursor | null;
}

/**
 * A symbol leaves a host: everything that its room had is in Postgres, up to `through`, and nothing more is taken there. `log`: the id
 * of the log it was in; null where that had none, as in the first edition.
 */
export type HandedOver =
  | { kind: "handed_over"; through: Cursor; log: LogId | null }
  /** The host never had it. */
  | { kind: "never_here" }
  /** Not all of it is in Postgres yet: to be asked again. */
  | { kind: "not_yet" };

/**
 * Has a host had a part of a request, and where is that? Its cursor there is good wherever the symbol is now (SPEC C-6).
 * `mayBeLater`: it is there or before that, for its row is in the log no more. `same`: it has had it, and does not know where, or is
 * of the version before, which does not say.
 */
export type HadPart = { cursor: Cursor; mayBeLater?: true } | "same" | "other" | "no";

/** What the Worker and the other objects may ask of a host. */
export interface HostCalls extends Rpc.DurableObjectBranded, FeedingCalls {
  /**
   * Appends a batch whole or not at all, in one commit with those that arrive together with it. With `more`, each of those in the
   * same way, and what became of each; the version before takes the first alone, and says so of that one.
   */
  append(
    batch: HostBatch,
    more?: readonly HostBatch[],
  ): Promise<HostOutcome | (HostOutcome | HostFailure)[]>;
  /** Appends each of these in the same way. The version before does not know it: `append` is what that one asks, and is asked. */
  appendPacked(batches: readonly PackedBatch[]): Promise<(HostOutcome | HostFailure)[]>;
  /** What would the host say to the batch? Null: it would take it. Asked where a request goes to several hosts. */
  admits(batch: HostBatch): Promise<HostRefusal | null>;
  /**
   * Has the host had the parts of this request for these symbols, by place? Asked by a host that has got symbols from it since.
   * `other`: it had another request with the key. `places`: the version before knows words alone, and asks for nothing else.
   */
  hadParts(
    request: IdempotentRequest,
    symbols: readonly SymbolName[],
    places?: true,
  ): Promise<HadPart[]>;
  /** Claims a key for a request that no room is asked for, as that of posted bars; durable when it answers. */
  claim(request: IdempotentRequest): Promise<KeyClaim>;
  /**
   * Resolves with true when everything up to `cursor` is in Postgres, with false after `timeoutMs`. `mayBeElsewhere`: symbols of
   * which another host may have had it; the version before knows no such.
   */
  untilStored(
    cursor: Cursor,
    timeoutMs: number,
    mayBeElsewhere?: readonly SymbolName[],
  ): Promise<boolean>;
  /**
   * Events after `since` (null: the newest cursor); where there are none, waits for them, at most `waitMs`. Also of a symbol that
   * nobody has pushed yet. `log`: the one that `since` is of, where that is said.
   */
  poll(
    symbol: SymbolName,
    since: Cursor | null,
    limit: number,
    waitMs: number,
    log: LogId | null,
  ): Promise<PollPage>;
  /** What Postgres does not surely have yet of a symbol, at most about `maxEvents`. */
  // Not `tail`: that is the name of an event of Workers, and the tests' runtime lets no call through under it.
  readTail(symbol: SymbolName, maxEvents: number): Promise<RoomTail>;
  /** Frames of any room that Postgres does not surely have yet, and whose text holds `text`. */
  searchTail(text: string): Promise<TailFound>;
  /** The newest position of each account; null while the room does not know what was before its log. */
  positions(symbol: SymbolName): Promise<HeldPositions | null>;
  /** The book as it is now, its best so many levels; null as for positions. */
  book(symbol: SymbolName, levels: number): Promise<BookAnswer | null>;
  /** Every symbol of this host, by name. `complete` is false while Postgres may know others, or more of these. */
  list(): Promise<{ symbols: SymbolSummary[]; complete: boolean }>;
  /** Alerts that are pending or firing, of a symbol or of all. */
  activeAlerts(symbol: SymbolName | null): Promise<HeldAlerts>;
  /** These are the rules of alerts now; those that are for none of its symbols may be left out. */
  takeRules(catalog: AlertCatalog): Promise<void>;
  /** These have a history, whether or not anybody pushes events to their rooms. `news`: bars of them were posted. */
  know(symbols: readonly SymbolName[], news?: "bars"): Promise<void>;
  /** Are they all symbols of which there is something? */
  acquaintance(symbols: readonly SymbolName[]): Promise<Acquaintance>;
  /** A database says that it is this one: what does the host do about it? */
  meetDatabase(identity: string): Promise<Resend>;
  /** The next names that the host has, or had, behind this one, in order: for a host that has got some of them. */
  namesAfter(name: SymbolName | "", most: number): Promise<SymbolName[]>;
  /**
   * The symbol is placed on another host now, which asks for it. `before`: the number of the placement by which that one has it,
   * as the Keeper counts them: what this one has of the symbol by a later placement stays. `isYours`: by the newest settings the
   * symbol is here, and who asks has only a rest of it.
   */
  handOver(symbol: SymbolName, before: number, isYours: boolean): Promise<HandedOver>;
  /** The streams of a place are told, with their feeds, of symbols that come from now on. */
  watchNames(relay: RelayName): Promise<void>;
  /** The alarm that it has set is gone, as where its file was moved: it does what is due, and sets another one. */
  rearm(): Promise<void>;
  /** The runtime ends: viewers are told to come back, and polls are answered with what there is. */
  sayGoodbye(): Promise<void>;
}
