import type { CloseReason } from "../../src/protocol/close-codes.ts";
import { ROOM_SILENCE_MS } from "../../src/protocol/heartbeat.ts";
import type { Viewer } from "./viewer.ts";

/** A viewer whose window has been full for so long is not reading. */
const BLOCKED_MS = 60_000;

/** Why a viewer must go, or null. `lastPingMs`: when the platform last answered a ping of it, null if never. */
export function dismissalOf(
  viewer: Viewer,
  lastPingMs: number | null,
  nowMs: number,
): CloseReason | null {
  if (viewer.expiresAtMs !== null && nowMs >= viewer.expiresAtMs) return "tokenExpired";
  const heardMs = Math.max(viewer.lastHeardMs, lastPingMs ?? 0);
  if (nowMs - heardMs >= ROOM_SILENCE_MS) return "silent";
  if (viewer.blockedSinceMs !== null && nowMs - viewer.blockedSinceMs >= BLOCKED_MS) {
    return "unacknowledged";
  }
  return null;
}
