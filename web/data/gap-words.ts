import type { Gap } from "../../src/protocol/server-message.ts";
import { formatClock } from "./format.ts";

const REASONS: { [R in Gap["reason"]]: string } = {
  expired: "older than the room's log",
  slow: "this viewer fell behind",
  unavailable: "the stored part was out of reach",
};

/** What a gap marker says. */
export function gapWords(gap: Gap): string {
  const count =
    gap.dropped === null ? "Events" : gap.dropped === 1 ? "1 event" : `${gap.dropped} events`;
  const range = `${formatClock(gap.from)} – ${formatClock(gap.to)}`;
  return `${count} not delivered live, ${range}: ${REASONS[gap.reason]}. The chart was refilled from history.`;
}
