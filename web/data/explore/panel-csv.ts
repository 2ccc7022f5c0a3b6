import { rfc3339Of } from "../../../src/core/time/civil-time.ts";
import { DAY_US, type PanelAnswer } from "./panel-lines.ts";

const HEADER = ["ts", "symbol", "metric", "labels", "aggregate", "value", "day"];

/**
 * What a panel draws as CSV (RFC 4180), a line a point, each at its own time. Columns that exports have are written as there, and
 * texts are never changed.
 */
export function csvOf(answer: PanelAnswer): string {
  const { of, metric, agg } = answer.question;
  const what = of === "metric" ? [metric, agg] : [of, ""];
  const rows = (lines: PanelAnswer["lines"], day: string, earlierUs: number) =>
    lines.flatMap(({ symbol, labels, points }) =>
      points.map(({ ts, mean }) => [
        ...[rfc3339Of(ts - earlierUs), symbol, what[0] ?? "", JSON.stringify(labels)],
        ...[what[1] ?? "", String(mean), day],
      ]),
    );
  return [HEADER, ...rows(answer.lines, "now", 0), ...rows(answer.compared, "before", DAY_US)]
    .map((cells) => `${cells.map(quoted).join(",")}\r\n`)
    .join("");
}

function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
