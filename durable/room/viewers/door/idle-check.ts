import type { CloseReason } from "../../../../src/protocol/socket/close-codes.ts";
import { ROOM_SILENCE_MS } from "../../../../src/protocol/socket/heartbeat.ts";
import type { Viewer } from "../viewer.ts";

/** A viewer whose window has been full for so long is not reading. */
const BLOCKED_MS = 60_000;

/**
 * Why a viewer must go, or null. `pingedMs`: when the platform last answered a ping of it, null if never. What was noted
 * later than now was noted before the clock was turned back, and counts as noted now: nothing waits for the clock.
 */
export function idleReason(
  viewer: Viewer,
  pingedMs: number | null,
  nowMs: number,
): CloseReason | null {
  if (pingedMs !== viewer.pingedMs) {
    viewer.pingedMs = pingedMs;
    viewer.lastHeardMs = Math.max(viewer.lastHeardMs, pingedMs ?? 0);
  }
  viewer.lastHeardMs = Math.min(viewer.lastHeardMs, nowMs);
  if (nowMs - viewer.lastHeardMs >= ROOM_SILENCE_MS) return "silent";
  if (viewer.blockedSinceMs === null) return null;
  viewer.blockedSinceMs = Math.min(viewer.blockedSinceMs, nowMs);
  return nowMs - viewer.blockedSinceMs >= BLOCKED_MS ? "unacknowledged" : null;
}

/** Its token has ended (SPEC ). */
export function hasEnded(viewer: Viewer, nowMs: number): boolean {
  return viewer.expiresAtMs !== null && nowMs >= viewer.expiresAtMs;
}
