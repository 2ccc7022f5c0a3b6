import { ROOM_SILENCE_MS } from "../../src/protocol/heartbeat.ts";

/** A drain that died with its object is taken up again after so long. */
const DRAIN_CHECK_MS = 5_000;

/**
 * When the room must be woken, or null where its alarm stays as it is. The alarm is durable, so it is what takes the outbox up
 * again after a crash (INV-1), finds viewers that went silent, ends those whose token ends, and samples a book that
 * has gone quiet.
 */
export function nextAlarmMs(room: {
  nowMs: number;
  /** Null where no alarm is set. */
  armedAtMs: number | null;
  outboxBytes: number;
  viewers: number;
  /** When the next token of a viewer ends; infinity where none does. */
  nextEndMs: number;
  /** When the book needs a keyframe; null where it has one. */
  bookDueMs: number | null;
}): number | null {
  const { nowMs, armedAtMs, outboxBytes, viewers, nextEndMs, bookDueMs } = room;
  const wantedMs = Math.min(
    outboxBytes > 0 ? nowMs + DRAIN_CHECK_MS : Number.POSITIVE_INFINITY,
    viewers > 0 ? Math.min(nowMs + ROOM_SILENCE_MS, nextEndMs) : Number.POSITIVE_INFINITY,
    bookDueMs === null ? Number.POSITIVE_INFINITY : Math.min(bookDueMs, nowMs + ROOM_SILENCE_MS),
  );
  if (wantedMs === Number.POSITIVE_INFINITY) return null;
  if (armedAtMs === null) return wantedMs;
  // Setting it costs a row, so an earlier wish waits for it; but none is set so far ahead, unless the clock was turned back.
  const isSound = armedAtMs <= nowMs + ROOM_SILENCE_MS;
  return isSound && (viewers === 0 || armedAtMs <= nextEndMs) ? null : wantedMs;
}
