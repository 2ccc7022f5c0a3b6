import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor, EpochUs } from "../protocol/time.ts";

/** A part of a room's outbox. */
export interface StoreRequest {
  symbol: SymbolName;
  frames: { cursor: Cursor; text: string }[];
  /** Requests that brought some of it, for the log and the statement's comment. */
  correlationIds: string[];
  /** Of the whole outbox. Absent from rooms of a version before. */
  outboxBytes?: number;
}

/** Acknowledged events that wait too long for Postgres. */
export interface BacklogReport {
  /** Rooms that are known to have some, and what they have together. */
  rooms: number;
  bytes: number;
  /** When the oldest of them was acknowledged. */
  oldestUs: EpochUs;
}

/**
 * What became of it. Whatever is not stored stays in the outbox. `refused`: the database does not
 * take it, which is a bug or a damaged database. `broken`: a bug of the Writer met it, and the
 * database has nothing to do with that.
 */
export type StoreOutcome =
  /** In the database of this identity; null where that is not known. */
  | { kind: "stored"; identity: string | null }
  | { kind: "unavailable" }
  | { kind: "refused" }
  | { kind: "broken" };

/** What a room may ask of a Writer. */
export interface WriterCalls extends Rpc.DurableObjectBranded {
  /** Resolves when the frames are in Postgres, or could not be put there. Storing twice changes nothing (INV-6). */
  store(request: StoreRequest): Promise<StoreOutcome>;
  /** Which database this is, as it said a second ago at the most; null while it is away. */
  identity(): Promise<string | null>;
  /** What waits for the database; null where nothing waits for long. */
  backlog(): BacklogReport | null;
}
