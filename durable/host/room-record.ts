import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import type { RoomId } from "./log/host-log.ts";

/** What a room has not been told yet: its place behind an earlier life, or what that was. */
export type Pending = "place" | "life";

/** What a host keeps of each of its rooms, in memory and on disk. */
export interface RoomRecord {
  readonly id: RoomId;
  readonly symbol: SymbolName;
  /** The head of the room where it has no frame: viewers may have been told of it (SPEC C-1). */
  born: Cursor;
  /** What was before the room came to this host, up to here, is in Postgres, if anywhere. */
  before: Cursor;
  /** The log reaches back to the beginning of everything: nothing was before, and nothing was dropped. */
  reaches: boolean;
  pending: Pending | null;
  /** It has had a book. */
  hasBook: boolean;
  /** Another host has it now. The `Registry` says so, which counts those that are here. */
  readonly isSealed: boolean;
  /** In which of the host's tenures it was made, or came back: see `Tenures`. */
  tenure: number;
}

/** How far back the log of a room reaches. */
export type Reach = Pick<RoomRecord, "before" | "reaches" | "pending">;
