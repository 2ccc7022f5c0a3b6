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
