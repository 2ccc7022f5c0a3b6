import type { SymbolName } from "../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../protocol/words/time.ts";
import type { HandedOver } from "./host.ts";

/** An `Idempotency-Key` as a room of the first edition remembers it. */
export interface RememberedKey {
  key: string;
  fingerprint: string;
  /** Where the room had what came with it. */
  cursor: Cursor;
  at: EpochUs;
}

/** What may be asked of a room of the first edition, in which each symbol was an object. */
export interface FirstRoomCalls extends Rpc.DurableObjectBranded {
  /** Stores what is not in Postgres; it takes nothing more in any case. */
  handOver(symbol: SymbolName): Promise<HandedOver>;
  /** The next keys behind this one, in order, of those that are younger than a day. */
  keysAfter(key: string, most: number): RememberedKey[];
  /** Forgets all of it: it was handed over, and its keys are known elsewhere. */
  letGo(): Promise<void>;
}

/** What may be asked of the directory of the first edition. */
export interface FirstDirectoryCalls extends Rpc.DurableObjectBranded {
  /** The next names behind this one, in order. */
  namesAfter(name: SymbolName | "", most: number): SymbolName[];
}

/** Name of the one directory. */
export const DIRECTORY_NAME = "directory";
