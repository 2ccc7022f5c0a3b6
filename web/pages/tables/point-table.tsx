import { useState } from "preact/hooks";
import { type Line, rangeOf } from "../../data/bars/lines.ts";
import { pointTable } from "../../data/bars/point-table.ts";
import type { TimeWindow } from "../../data/bars/time-window.ts";
import { timeText, type ZoneId } from "../../data/times/times.ts";
import { formatValue } from "../../data/words/format.ts";
import { ReadingTable } from "./reading-table.tsx";

/** The newest points of lines in sight, once somebody asks for them: there may be dozens of panels, and each changes with every point. */
export function PointTable(props: {
  label: string;
  lines: readonly Line[];
  /** Of the lines, in their order. */
  names: readonly string[];
  /** Null: what is newest is in sight. */
  window: TimeWindow | null;
  zone: ZoneId;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="point-table" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{props.label} as a table</summary>
      {isOpen && <Points {...props} />}
    </details>
  );
}

function Points({ label, lines, names, window, zone }: Parameters<typeof PointTable>[0]) {
  const { columns, rows } = pointTable(lines, names, window);
  if (rows.length === 0) return <p>No points in this range.</p>;
  const range = rangeOf(lines);
  return (
    <ReadingTable
      {...{ label, columns }}
      rows={rows.map(({ ts, values }) => ({
        ts,
        time: timeText("dateExactClock", ts / 1_000, zone).replace(/[.]000$/, ""),
        cells: values.map((value) => (value === null ? "none" : formatValue(value, range))),
      }))}
    />
  );
}
