import { useEffect, useRef, useState } from "preact/hooks";
import { createMetricChart, type Hovered } from "../../../charts/metric-chart.ts";
import { lineVariable } from "../../../charts/theme.ts";
import { labelsIn, newestIn, rangeOf } from "../../../data/bars/lines.ts";
import { type TimeWindow, windowOf, withNewest } from "../../../data/bars/time-window.ts";
import { formatValue } from "../../../data/words/format.ts";
import { DIRTY } from "../../../feed/dirty.ts";
import { paced } from "../../../feed/paced.ts";
import type { Panel } from "../../../feed/panels/panel-state.ts";
import { PointTable } from "../../tables/point-table.tsx";
import { type SymbolView, useRepaint } from "../symbol-view.ts";

/** A panel is a trend, not a ticker: four repaints a second are smooth enough and cost little. */
const REPAINT_MS = 250;

/** One metric: a line a label set, and the values of the newest points in sight or of those under the cursor. `isLinked`: over the time that candles show. */
export function MetricPane(props: { view: SymbolView; panel: Panel; isLinked: boolean }) {
  const { view, panel, isLinked } = props;
  const { metric, lines } = panel;
  const container = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<Hovered | null>(null);
  /** What is in sight of the past; null where the newest is. */
  const [past, setPast] = useState<TimeWindow | null>(null);
  useRepaint(view, DIRTY.panels, 500);

  useEffect(() => {
    if (container.current === null) return;
    const { axis, feed } = view;
    const chart = createMetricChart(container.current, {
      ...{ axis, isLinked },
      zone: view.clock.zone,
      onHover: setHovered,
    });
    const windowShown = () => {
      const [inSight, endUs] = [isLinked ? axis.inSight() : null, feed.endUs()];
      return inSight === null ? windowOf(feed.span(), endUs) : withNewest(inSight, endUs);
    };
    let drawn: readonly unknown[] = [];
    const draw = () => {
      const now = feed.panel(metric);
      const shown = windowShown();
      if (now === null || now.state === "loading" || shown === null) return;
      const wanted = [now.lines, shown.fromUs, shown.toUs];
      if (wanted.every((each, i) => each === drawn[i])) return;
      drawn = wanted;
      chart.setLines(now.lines, shown, now.stepUs);
    };
    const drawing = paced(view.clock, draw, REPAINT_MS);
    const stop = view.onPaint((dirty) => {
      if ((dirty & DIRTY.panels) !== 0) drawing.ask();
    });
    drawing.ask();
    const telling = paced(
      view.clock,
      () => {
        const inSight = isLinked ? axis.inSight() : null;
        setPast(inSight === null || inSight.isNewest ? null : inSight);
      },
      REPAINT_MS,
    );
    telling.ask();
    const stopMoving = axis.moved.hear(chart, () => {
      const shown = windowShown();
      if (!isLinked || shown === null) return;
      chart.setWindow(shown);
      telling.ask();
    });
    return () => {
      stopMoving();
      telling.stop();
      drawing.stop();
      stop();
      chart.destroy();
    };
  }, [view, metric, isLinked]);

  const range = rangeOf(lines);
  return (
    <section class="metric-pane" data-testid="metric-panel" data-metric={metric}>
      <header>
        <h3 title={metric}>{metric}</h3>
        {lines.length === 1 && lines[0] && (
          <output class="value">
            {valueText(hovered?.values[0], newestIn(lines[0], past), range)}
          </output>
        )}
      </header>
      <div class="metric-chart" ref={container} />
      {(lines.length > 1 || Object.keys(lines[0]?.labels ?? {}).length > 0) && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and without a mouse only what has the focus does
        <ul class="metric-legend" tabIndex={0} aria-label={`Lines of ${metric}`}>
          {lines.map((line, i) => (
            <li key={line.key} title={labelsIn(lines, line).join(" ")}>
              <i style={{ background: lineVariable(i) }} />
              <span>{labelsIn(lines, line).join(" ") || "no labels"}</span>
              {lines.length > 1 && (
                <b>{valueText(hovered?.values[i], newestIn(line, past), range)}</b>
              )}
            </li>
          ))}
        </ul>
      )}
      {lines.length > 0 && (
        <PointTable
          {...{ label: metric, lines, window: past }}
          names={lines.map((line) => labelsIn(lines, line).join(" "))}
          zone={view.clock.zone}
        />
      )}
      {lines.every((line) => line.points.length === 0) && (
        <p class="metric-empty">
          {panel.state === "ready" ? "No points in this range." : "The server is asked…"}
        </p>
      )}
    </section>
  );
}

/** What is under the cursor: null says that nothing is; undefined, that it is elsewhere and the newest in sight is meant. */
function valueText(
  hovered: number | null | undefined,
  newest: { last: number } | undefined,
  range: number,
): string {
  const value = hovered === undefined ? newest?.last : hovered;
  return value === undefined || value === null ? "—" : formatValue(value, range);
}
