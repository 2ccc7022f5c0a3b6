import { useEffect, useState } from "preact/hooks";
import type { Hovered } from "../../charts/metric-chart.ts";
import { lineVariable } from "../../charts/theme.ts";
import { rangeOf } from "../../data/bars/lines.ts";
import { nameOf, type PanelAnswer, type PanelLine } from "../../data/explore/panel-lines.ts";
import { timeText, type ZoneId } from "../../data/times/times.ts";
import { formatValue } from "../../data/words/format.ts";

/** Where the chart tells what the cursor is over. */
export type HoverPort = { current: ((hovered: Hovered | null) => void) | null };

/**
 * What each line is, and its value under the cursor, whose moment stands on the chart, or its newest one; where days are compared,
 * yesterday's behind it. Of a panel this alone is drawn anew where the cursor moves.
 */
export function PanelLegend(props: { answer: PanelAnswer; hovers: HoverPort; zone: ZoneId }) {
  const { answer, hovers, zone } = props;
  const { question, lines, compared } = answer;
  const [hovered, setHovered] = useState<Hovered | null>(null);
  useEffect(() => {
    hovers.current = setHovered;
    return () => {
      hovers.current = null;
    };
  }, []);
  const range = rangeOf([...lines, ...compared]);
  return (
    <>
      {hovered !== null && (
        <output class="explore-moment dim">
          {timeText("dateClock", hovered.ts / 1_000, zone)}
        </output>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and without a mouse only what has the focus does */}
      <ul class="metric-legend" tabIndex={0} aria-label="Lines">
        {lines.map((line, at) => {
          const before = compared[at];
          return (
            <li key={line.key}>
              <i style={{ background: lineVariable(at) }} />
              <span>{nameOf(line, { lines, symbolCount: question.symbols.length })}</span>
              <b data-testid="line-value">{wordOf(line, hovered?.values[at], range)}</b>
              {before !== undefined && (
                <span class="dim">
                  yesterday {wordOf(before, hovered?.values[lines.length + at], range)}
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** Null under the cursor is a hole; undefined says that the cursor is elsewhere. */
function wordOf(line: PanelLine, hovered: number | null | undefined, range: number): string {
  const value = hovered === undefined ? line.points.at(-1)?.mean : hovered;
  return value === undefined || value === null ? "—" : formatValue(value, range);
}
