import type { Gap } from "../../../src/protocol/socket/server-message.ts";
import type { ZoneId } from "../times/times.ts";
import { formatClock } from "./format.ts";

const REASONS: { [R in Gap["reason"]]: string } = {
  expired: "some are kept no more",
  slow: "this viewer fell behind",
  unavailable: "the stored part was out of reach",
  reset: "the room's log was lost and began anew",
};

/** What a gap marker says. */
export function gapWords(gap: Gap, zone: ZoneId): string {
  const count =
    gap.dropped === null ? "Events" : gap.dropped === 1 ? "1 event" : `${gap.dropped} events`;
  // Of another life of the log a cursor may be ahead of where it is now.
  const range = `${formatClock(Math.min(gap.from, gap.to), zone)} – ${formatClock(gap.to, zone)}`;
  return `${count} not delivered live, ${range}: ${REASONS[gap.reason]}. The chart was refilled from history.`;
}
