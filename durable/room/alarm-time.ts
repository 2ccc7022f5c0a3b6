import { ROOM_SILENCE_MS } from "../../src/protocol/heartbeat.ts";
import type { EpochUs } from "../../src/protocol/time.ts";

/** A drain that died with its object is taken up again after so long. */
const DRAIN_CHECK_MS = 5_000;
/** What is due already, but could not be done, is tried again after so long. */
const AGAIN_MS = 1_000;

/**
 * When the room must be woken, or null where its alarm stays as it is. The alarm is durable, so it is what takes the outbox up
 * again after a crash (INV-1), finds viewers that went silent, ends those whose token ends, samples a book and closes a bar
 * that have gone quiet.
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
  /** When viewers have to be told that the last bar is closed; null where they need not. */
  barDueUs: EpochUs | null;
}): number | null {
  const { nowMs, armedAtMs, outboxBytes, viewers, nextEndMs, bookDueMs, barDueUs } = room;
  const barDueMs = barDueUs === null ? null : Math.ceil(barDueUs / 1_000);
  const due = [
    outboxBytes > 0 ? nowMs + DRAIN_CHECK_MS : null,
    viewers > 0 ? Math.min(nowMs + ROOM_SILENCE_MS, nextEndMs) : null,
    bookDueMs === null ? null : Math.min(bookDueMs, nowMs + ROOM_SILENCE_MS),
    barDueMs === null ? null : Math.max(barDueMs, nowMs + AGAIN_MS),
  ].filter((ms) => ms !== null);
  if (due.length === 0) return null;
  const wantedMs = Math.min(...due);
  if (armedAtMs === null) return wantedMs;
  // Setting it costs a row, so an earlier wish waits for it; but none is set so far ahead, unless the clock was turned back.
  const isSound = armedAtMs <= nowMs + ROOM_SILENCE_MS;
  return isSound && (viewers === 0 || armedAtMs <= nextEndMs) ? null : wantedMs;
}
