import { ROOM_SILENCE_MS } from "../../src/protocol/heartbeat.ts";

/** A drain that died with its object is taken up again after so long. */
const DRAIN_CHECK_MS = 5_000;

/**
 * When the room must be woken, or null where it may sleep until somebody comes. The alarm is durable, so it is what
 * takes the outbox up again after a crash (INV-1) and finds viewers that went silent.
 */
export function nextAlarmMs(room: {
  nowMs: number;
  outboxBytes: number;
  viewers: number;
}): number | null {
  if (room.outboxBytes > 0) return room.nowMs + DRAIN_CHECK_MS;
  return room.viewers > 0 ? room.nowMs + ROOM_SILENCE_MS : null;
}
