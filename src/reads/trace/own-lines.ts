import { readLogTime } from "../../core/logs/log-time.ts";
import type { TracedEvent } from "../../protocol/answers/trace.ts";
import type { EpochUs } from "../../protocol/words/time.ts";

/** Lines of Edgetape's own log that bear an id, as a trace has them. */
export function ownLinesOf(lines: readonly string[], id: string, nowUs: EpochUs): TracedEvent[] {
  return lines.flatMap((text): TracedEvent[] => {
    const { timestamp, correlation_id, correlation_ids, ...line } = JSON.parse(text) as Record<
      string,
      unknown
    >;
    const isOf =
      correlation_id === id || (Array.isArray(correlation_ids) && correlation_ids.includes(id));
    const ts = readLogTime(timestamp, nowUs);
    return isOf && ts !== null ? [{ ...line, kind: "own_log", ts }] : [];
  });
}
