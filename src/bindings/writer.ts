import type { HostName } from "../core/placement/placement.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../protocol/words/time.ts";

/** Frames of one symbol, in order. */
export interface SymbolFrames {
  symbol: SymbolName;
  frames: { cursor: Cursor; text: string }[];
}

/**
 * A part of a host's outbox. A Writer that gets the shape of a version before rejects, and so does one of that version that gets
 * this: the part stays where it is and comes again (INV-1).
 */
export interface StoreRequest {
  host: HostName;
  /** `held_back`: what was refused before, on its second way. */
  lane: "outbox" | "held_back";
  rooms: SymbolFrames[];
  /** Requests that brought some of it, for the log and the statement's comment. */
  correlationIds: string[];
  /** Of all that waits in the lane. */
  outboxBytes: number;
  /** Rooms that are known to have some of it. */
  roomsWaiting: number;
  /** Of `outboxBytes` what is in no part yet, and comes with a later one. A host of the version before does not say. */
  leftBytes?: number;
}

/** Acknowledged events that wait too long for Postgres. */
export interface BacklogReport {
  /** Rooms that are known to have some, and what they have together. */
  rooms: number;
  bytes: number;
  /** When the oldest of them was acknowledged. */
  oldestUs: EpochUs;
  /** Some of the symbols whose events Postgres does not take, where there are any. */
  refused?: SymbolName[];
}

/**
 * What became of it. Whatever is not stored stays with the host. `refused`: the database does not take it, which is a bug or a
 * damaged database. `broken`: a bug of the Writer met it, and the database has nothing to do with that. Both are said of a whole
 * request only where each of its symbols was refused alone.
 */
export type StoreOutcome =
  /** In the database of this identity; null where that is not known. */
  | { kind: "stored"; identity: string | null }
  /** So are all but these symbols, each of which was refused alone. */
  | { kind: "partly"; identity: string | null; refused: SymbolName[] }
  /** `isDiskFull`: its disk has no room. */
  | { kind: "unavailable"; isDiskFull?: true }
  | { kind: "refused" }
  | { kind: "broken" };

/** What Postgres says, or how it failed, as a `DatabaseError` is made of it: calls carry no errors of ours. */
export type Answered<Found> = { found: Found } | { failed: { message: string; code?: string } };

/**
 * What hosts of one symbol each ask of their past by way of their Writer, which asks together: thousands of hosts that begin at once
 * are thousands of questions at once else, behind which nothing is stored.
 */
export interface PastCalls {
  /** Those of these symbols that Postgres has something of. */
  findNames(symbols: readonly SymbolName[]): Promise<Answered<SymbolName[]>>;
  /** The prices of imported bars by symbol, as JSON: the entries of a map. */
  readPrices(symbols: readonly SymbolName[]): Promise<Answered<string>>;
  readNewestCursor(symbol: SymbolName, after: Cursor): Promise<Answered<Cursor | null>>;
  /** An `EarlierLife`, as JSON. */
  readEarlierLife(symbol: SymbolName, through: Cursor): Promise<Answered<string>>;
}

/** What a host may ask of a Writer. */
export interface WriterCalls extends Rpc.DurableObjectBranded, PastCalls {
  /** Resolves when the frames are in Postgres, or could not be put there. Storing twice changes nothing (INV-6). */
  store(request: StoreRequest): Promise<StoreOutcome>;
  /** Which database this is, as it said a second ago at the most; null while it is away. */
  identity(): Promise<string | null>;
  /** What waits for the database; null where nothing waits for long. */
  backlog(): BacklogReport | null;
}
