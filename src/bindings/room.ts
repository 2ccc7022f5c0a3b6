import type { EncodedFrame } from "../core/encode-events.ts";
import type { BookAnswer, SymbolSummary } from "../protocol/answers.ts";
import type { PositionEvent } from "../protocol/event.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor, EpochUs } from "../protocol/time.ts";

/** A request's `Idempotency-Key`, with whose it is, and a digest of the whole request: its route and its body. */
export interface IdempotentRequest {
  key: string;
  fingerprint: string;
}

/** What one request appends to one room. */
export interface AppendBatch {
  frames: EncodedFrame[];
  /** Identity of each event's trade by position, null for events that have none; absent where no event has one. */
  tradeKeys?: (string | null)[];
  /** The latest moment of its books; absent where it has none. */
  bookTs?: EpochUs;
  /** Hashes of the series that its points are of; absent where it has none, or they do not count against a limit. */
  series?: number[];
  idempotency?: IdempotentRequest;
  /** The room has admitted it: a full outbox refuses it no more. */
  admitted?: true;
  correlationId: string;
}

/** `appended`: durable at `cursor`. `repeated`: the key was seen with this body, nothing changed. */
export type AppendOutcome =
  | { kind: "appended"; cursor: Cursor }
  | { kind: "repeated"; cursor: Cursor }
  | { kind: "key_reused" }
  | { kind: "full" }
  | { kind: "too_many_series" };

/** What a room would say to a batch. */
export type Admission = "admitted" | "full" | "key_reused" | "too_many_series";

/** Events after a cursor for one poll, encoded as in a frame; `cursor` is where the next poll goes on. */
export interface PollPage {
  events: string;
  /** Cursor and number of events of each frame. */
  frames: { cursor: Cursor; count: number }[];
  count: number;
  cursor: Cursor;
  oldest: Cursor;
  complete: boolean;
}

/** The newest part of a room for a query: what Postgres does not surely have, and where that begins. */
export interface RoomTail {
  storedThrough: Cursor;
  /** How far `frames` go. */
  cursor: Cursor;
  frames: { cursor: Cursor; text: string }[];
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
  /** Who connects, for the limits of a viewer: a digest of the token's subject or the token, or an address; null: unknown. */
  viewerKey: string | null;
  expiresAtMs: number | null;
  /** The client offered our subprotocol, so the answer has to name it. */
  namesProtocol: boolean;
  correlationId: string;
}

/** Header that carries a `JoinRequest` as JSON from the Worker to the room. */
export const JOIN_HEADER = "x-edgetape-join";

/**
 * What a room answers with, status 429, where it takes no more viewers, or not so fast, or does not know yet what was before
 * its log.
 */
export interface JoinRefusal {
  kind: "refused";
  reason: "full" | "connects" | "sockets" | "not_known_yet";
  retryAfterS: number;
}

/** What the Worker and the other objects may ask of a room. */
export interface RoomCalls extends Rpc.DurableObjectBranded {
  /** Appends a batch, in one commit with those that arrive together with it. */
  append(symbol: SymbolName, batch: AppendBatch): Promise<AppendOutcome>;
  /** What would the room say to a batch with points of these series? */
  admits(idempotency: IdempotentRequest | null, series?: readonly number[]): Admission;
  /** Resolves with true when everything up to `cursor` is in Postgres, with false after `timeoutMs`. */
  untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean>;
  /** Events after `since` (null: the newest cursor); where there are none, waits for them, at most `waitMs`. */
  poll(symbol: SymbolName, since: Cursor | null, limit: number, waitMs: number): Promise<PollPage>;
  /** What Postgres does not surely have yet, at most about `maxEvents`. */
  // Not `tail`: that is the name of an event of Workers, and the tests' runtime lets no call through under it.
  readTail(symbol: SymbolName, maxEvents: number): Promise<RoomTail>;
  /** Looks at a database that says it is this one, and says what it does where it stored in another one before. */
  meetDatabase(
    symbol: SymbolName,
    identity: string,
  ): { resends: boolean; lostThrough: Cursor | null };
  /** The newest position of each account; null while the room does not know what was before its log. */
  positions(symbol: SymbolName): Promise<HeldPositions | null>;
  /** The book as it is now, its best so many levels; null as for positions. */
  book(symbol: SymbolName, levels: number): Promise<BookAnswer | null>;
  /** The room's line in the list of symbols; null as for positions. */
  summary(symbol: SymbolName): Promise<SymbolSummary | null>;
}
