import type { StreamTerms } from "../../../src/bindings/streams.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { ViewerPhase } from "../../room/viewers/viewer.ts";
import type { SavedWindow } from "./stream-window.ts";

/** What a socket keeps while the object sleeps; what it watches is in a row. */
export interface StreamAttachment {
  id: number;
  window: SavedWindow;
  /** When its client was last known to be there; the version before did not say. */
  heardAtMs?: number;
  /** Rooms that are not live. */
  behind: [symbol: SymbolName, phase: ViewerPhase][];
}

/** What is written down of a stream, in so far as it outlives the object's memory. */
export interface SavedStream extends StreamTerms {
  rooms: SymbolName[];
  patterns: [pattern: string, since: Cursor][];
  left: SymbolName[];
}
