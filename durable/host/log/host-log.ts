import type * as z from "zod";
import type { EncodedFrame } from "../../../src/core/encode-events.ts";
import type { Cursor } from "../../../src/protocol/time.ts";

/** Number of a room in its host. */
export type RoomId = number & z.$brand<"RoomId">;

/** What of one commit goes to one room. */
export interface RoomPart {
  room: RoomId;
  frames: readonly EncodedFrame[];
}

/** A frame with its place in the log. */
export interface LogFrame extends EncodedFrame {
  cursor: Cursor;
}

/** A part of the outbox, of whole rows. */
export interface HostPart {
  /** The frames of each room, in order. */
  rooms: { room: RoomId; frames: LogFrame[] }[];
  /** Where it begins. */
  after: Cursor;
  through: Cursor;
  events: number;
  bytes: number;
}
