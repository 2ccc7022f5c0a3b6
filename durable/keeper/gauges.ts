import type { MemoryState } from "../../src/db/upkeep/read-memory.ts";
import type { MetricEvent } from "../../src/protocol/events/event.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";

/** How the database is, as points of `_system`: whoever watches the tape can watch that too. */
export function gaugesOf(bytes: number, memory: MemoryState, nowUs: EpochUs): MetricEvent[] {
  const { points, trades, posted } = memory.staleHours;
  const values = {
    edgetape_database_bytes: bytes,
    edgetape_stale_rollups: points + trades + posted,
    edgetape_rollup_lag_seconds: (nowUs - memory.rolledThroughUs) / 1_000_000,
  };
  return Object.entries(values).map(([metric, value]) => ({
    ...{ kind: "metric", ts: nowUs, metric, value },
  }));
}
