import { useEffect, useRef } from "preact/hooks";
import { createMetricChart, type Hovered } from "../../charts/metric-chart.ts";
import type { SharedAxis } from "../../charts/shared-axis.ts";
import { lastOf } from "../../data/bars/time-window.ts";
import type { PanelAnswer } from "../../data/explore/panel-lines.ts";
import type { ZoneId } from "../../data/times/times.ts";
import type { Hue } from "../../feed/theme.ts";

type Chart = ReturnType<typeof createMetricChart>;

/** The chart in `container`, drawn anew with each answer: until the next one comes, the one of before stays. */
export function useChart(props: {
  container: { current: HTMLDivElement | null };
  axis: SharedAxis;
  zone: ZoneId;
  hue: Hue;
  /** Null: there is nothing to draw. */
  answer: PanelAnswer | null;
  onHover(hovered: Hovered | null): void;
  onZoom(fromUs: number, toUs: number): void;
}): { readonly current: Chart | null } {
  const { container, axis, zone, hue, answer, onHover, onZoom } = props;
  const chart = useRef<Chart | null>(null);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  useEffect(() => {
    if (container.current === null) return;
    const made = createMetricChart(container.current, {
      ...{ axis, zone, onHover, isLinked: false },
      onZoom: (fromUs, toUs) => zoom.current(fromUs, toUs),
    });
    chart.current = made;
    return made.destroy;
  }, [hue]);
  useEffect(() => {
    if (answer === null) return;
    const { bounds, lines, compared, stepUs } = answer;
    const shown = lastOf(bounds.toUs, bounds.toUs - bounds.fromUs);
    chart.current?.setLines(lines, shown, stepUs, compared);
  }, [answer, hue]);
  return chart;
}
