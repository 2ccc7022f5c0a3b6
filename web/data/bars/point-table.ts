import type { Line } from "./lines.ts";
import type { TimeWindow } from "./time-window.ts";

/** More would be read to nobody's use. */
const MOST_ROWS = 20;

/** The newest moments in sight, newest first, each with what every column has there; null: nothing. */
export interface PointTable {
  columns: readonly string[];
  rows: readonly { ts: number; values: readonly (number | null)[] }[];
}

/**
 * A column for each line, by its name of `names`, and of a line alone its range too, as it is drawn. `window` null: up to the newest
 * point.
 */
export function pointTable(
  lines: readonly Line[],
  names: readonly string[],
  window: TimeWindow | null,
): PointTable {
  const { fromUs, toUs } = window ?? { fromUs: 0, toUs: Number.POSITIVE_INFINITY };
  const newest = lines.map(({ points }) =>
    points.filter(({ ts }) => ts >= fromUs && ts <= toUs).slice(-MOST_ROWS),
  );
  const moments = [...new Set(newest.flat().map(({ ts }) => ts))]
    .sort((a, b) => b - a)
    .slice(0, MOST_ROWS);
  const isRanged = lines.length === 1 && newest.flat().some(({ min, max }) => min < max);
  const fields = isRanged ? (["mean", "min", "max"] as const) : (["mean"] as const);
  const byMoment = newest.map((points) => new Map(points.map((point) => [point.ts, point])));
  return {
    columns: isRanged ? ["mean", "lowest", "highest"] : names.map((name) => name || "value"),
    rows: moments.map((ts) => ({
      ts,
      values: byMoment.flatMap((points) => fields.map((field) => points.get(ts)?.[field] ?? null)),
    })),
  };
}
