import { ROOM_SILENCE_MS } from "../../src/protocol/heartbeat.ts";

/** A drain that died with its object is taken up again after so long. */
const DRAIN_CHECK_MS = 5_000;

/**
 * When the room must be woken, or null where it may sleep until somebody comes. The alarm is durable, so it is what
 * takes the outbox up again after a crash (INV-1), finds viewers that went silent, and samples a book that has gone quiet.
 */
export function nextAlarmMs(room: {
  nowMs: number;
  outboxBytes: number;
  viewers: number;
  /** When the book needs a keyframe; null where it has one. */
  bookDueMs: number | null;
}): number | null {
  if (room.outboxBytes > 0) return room.nowMs + DRAIN_CHECK_MS;
  const silenceMs = room.viewers > 0 ? room.nowMs + ROOM_SILENCE_MS : null;
  if (silenceMs === null || room.bookDueMs === null) return silenceMs ?? room.bookDueMs;
  return Math.min(silenceMs, room.bookDueMs);
}
