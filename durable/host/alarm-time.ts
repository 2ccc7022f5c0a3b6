import { ROOM_SILENCE_MS } from "../../src/protocol/socket/heartbeat.ts";

/** An alarm that is so long past was lost, whatever lost it. A handler may be that late on a busy machine. */
const OVERDUE_MS = 10_000;
/** A drain that died with its object is taken up again after so long. */
const DRAIN_CHECK_MS = 5_000;

/**
 * When the host must be woken, or null where its alarm stays as it is. The alarm is durable, so it is what takes the outbox up
 * again after a crash (INV-1), finds viewers that went silent, ends those whose token ends, samples a book and closes a bar
 * that have gone quiet.
 */
export function nextAlarmMs(host: {
  nowMs: number;
  /** Null where no alarm is set. */
  armedAtMs: number | null;
  outboxBytes: number;
  /** Sockets were closed and their clients have not answered. */
  isClosing: boolean;
  /** When a room has something due; null where none has. */
  dueMs: number | null;
  /** When time will change something of an alert, however far ahead; null: never. */
  alertsDueMs?: number | null;
}): number | null {
  const { nowMs, armedAtMs, outboxBytes, isClosing, dueMs, alertsDueMs = null } = host;
  const due = [
    outboxBytes > 0 ? nowMs + DRAIN_CHECK_MS : null,
    isClosing ? nowMs + ROOM_SILENCE_MS : null,
    ...[dueMs, alertsDueMs],
  ].filter((ms) => ms !== null);
  if (due.length === 0) return null;
  const wantedMs = Math.min(...due);
  // Setting it costs a row, so a later wish waits for it; but for alerts none is set so far ahead, unless the clock was turned back.
  const latestMs = Math.max(nowMs + ROOM_SILENCE_MS, alertsDueMs ?? 0);
  const earliestMs = nowMs - OVERDUE_MS;
  const isSound = armedAtMs !== null && armedAtMs <= latestMs && armedAtMs >= earliestMs;
  return isSound && armedAtMs <= wantedMs ? null : wantedMs;
}

/** When the first of these rooms has something due; null where none has. */
export function earliestDueMs(
  rooms: readonly { dueMs(nowMs: number): number | null }[],
  nowMs: number,
): number | null {
  let earliestMs: number | null = null;
  for (const room of rooms) {
    const dueMs = room.dueMs(nowMs);
    if (dueMs !== null && (earliestMs === null || dueMs < earliestMs)) earliestMs = dueMs;
  }
  return earliestMs;
}

/** When time will change something of an alert of one of these rooms; null: never. */
export function earliestAlertMs(
  rooms: readonly { readonly alertsDueMs: number | null }[],
): number | null {
  let earliestMs: number | null = null;
  for (const { alertsDueMs } of rooms) {
    if (alertsDueMs !== null && (earliestMs === null || alertsDueMs < earliestMs)) {
      earliestMs = alertsDueMs;
    }
  }
  return earliestMs;
}
