import { ROOM_SILENCE_MS } from "../../src/protocol/heartbeat.ts";
import type { EpochUs } from "../../src/protocol/time.ts";

/** A drain that died with its object is taken up again after so long. */
const DRAIN_CHECK_MS = 5_000;
/** What is due already, but could not be done, is tried again after so long. */
const AGAIN_MS = 1_000;

/**
 * When the room must be woken, or null where it may sleep until somebody comes. The alarm is durable, so it is what
 * takes the outbox up again after a crash (INV-1), finds viewers that went silent, samples a book and closes a bar that have
 * gone quiet.
 */
export function nextAlarmMs(room: {
  nowMs: number;
  outboxBytes: number;
  viewers: number;
  /** When the book needs a keyframe; null where it has one. */
  bookDueMs: number | null;
  /** When viewers have to be told that the last bar is closed; null where they need not. */
  barDueUs: EpochUs | null;
}): number | null {
  const { nowMs, outboxBytes, viewers, bookDueMs, barDueUs } = room;
  const barDueMs = barDueUs === null ? null : Math.ceil(barDueUs / 1_000);
  const due = [
    outboxBytes > 0 ? nowMs + DRAIN_CHECK_MS : null,
    viewers > 0 ? nowMs + ROOM_SILENCE_MS : null,
    bookDueMs,
    barDueMs === null ? null : Math.max(barDueMs, nowMs + AGAIN_MS),
  ].filter((ms) => ms !== null);
  return due.length === 0 ? null : Math.min(...due);
}
