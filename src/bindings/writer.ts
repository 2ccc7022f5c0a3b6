import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor } from "../protocol/time.ts";

/** A part of a room's outbox. */
export interface StoreRequest {
  symbol: SymbolName;
  frames: { cursor: Cursor; text: string }[];
  /** Requests that brought some of it, for the log and the statement's comment. */
  correlationIds: string[];
}

/** What became of it. `refused`: the database does not take it, which is a bug or a damaged database. */
export type StoreOutcome =
  /** In the database of this identity; null where that is not known. */
  { kind: "stored"; identity: string | null } | { kind: "unavailable" } | { kind: "refused" };

/** What a room may ask of a Writer. */
export interface WriterCalls extends Rpc.DurableObjectBranded {
  /** Resolves when the frames are in Postgres, or could not be put there. Storing twice changes nothing (INV-6). */
  store(request: StoreRequest): Promise<StoreOutcome>;
  /** Which database this is, as it said a second ago at the most; null while it is away. */
  identity(): Promise<string | null>;
}
