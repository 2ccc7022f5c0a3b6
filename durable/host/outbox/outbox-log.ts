import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { HostPart, RoomId } from "../log/host-log.ts";

/** Most of a part. */
export interface PartLimit {
  events: number;
  bytes: number;
}

/** What the outbox needs of the log of its host. */
export interface OutboxLog {
  /** Cursor of the newest frame. */
  readonly head: Cursor;
  /** Every frame after it is in the log. */
  readonly prunedThrough: Cursor;
  /** Where the outbox begins: what is before it is in Postgres, or held back. */
  readonly storedThrough: Cursor;
  readonly outboxBytes: number;
  /**
   * The part behind `after`, of whole rows, at least one; it ends before the first row that has a room which is not to be taken
   * yet. Null where there is none.
   */
  outbox(limit: PartLimit, after: Cursor, mayTake: (room: RoomId) => boolean): HostPart | null;
  /** The outbox moves behind the part. One that was made before it began anew says nothing any more. */
  markStored(part: HostPart): void;
  /** The log does not know of anything that it is stored: all of it is the outbox. */
  storeAgain(): void;
}

/**
 * May what a room has go to Postgres? `soon`: that is about to be known, and what is behind it waits. `aside`: that may take as long
 * as it will, and nobody waits for it.
 */
export type Storable = "now" | "soon" | "aside";

/** Names of the rooms of a host. */
export type SymbolOf = (room: RoomId) => SymbolName;
