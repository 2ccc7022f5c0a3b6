import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatClock, formatTick } from "../data/format.ts";
import { columnsOf, type Line } from "../data/lines.ts";
import { CANVAS_FONT, colour, lineColour } from "./theme.ts";

/** Panels with this key move their cursors together. */
const SYNC_KEY = "edgetape-panels";

/** Half the width of a tick's text. */
const EDGE_PX = 20;

export interface MetricChartOptions {
  /** The values under the cursor, one a line; null where the cursor is elsewhere. */
  onHover(values: readonly (number | null)[] | null): void;
}

/** The lines of one metric in `container`, until `destroy`. A single line is drawn with the range it came from. */
export function createMetricChart(container: HTMLElement, options: MetricChartOptions) {
  let plot: uPlot | null = null;
  let drawnLines = -1;
  let window: [number, number] = [0, 1];
  const resized = new ResizeObserver(() => {
    plot?.setSize({ width: container.clientWidth, height: container.clientHeight });
  });
  resized.observe(container);

  return {
    /** Draw `lines` over the window that ends at `endUs`. */
    setLines(lines: readonly Line[], endUs: number, rangeUs: number): void {
      window = [(endUs - rangeUs) / 1e6, endUs / 1e6];
      const columns = columnsOf(lines) as uPlot.AlignedData;
      if (plot === null || drawnLines !== lines.length) {
        plot?.destroy();
        drawnLines = lines.length;
        plot = new uPlot(plotOptions(lines), columns, container);
      } else {
        plot.setData(columns);
      }
    },
    destroy(): void {
      resized.disconnect();
      plot?.destroy();
      plot = null;
    },
  };

  function plotOptions(lines: readonly Line[]): uPlot.Options {
    const font = `11px ${CANVAS_FONT}`;
    const axis: uPlot.Axis = {
      stroke: colour("text-dim"),
      font,
      grid: { stroke: colour("grid"), width: 1 },
      ticks: { show: false },
    };
    return {
      width: container.clientWidth,
      height: container.clientHeight,
      padding: [8, 0, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: SYNC_KEY, setSeries: false },
        drag: { x: false, y: false },
        points: { size: 6 },
        y: false,
      },
      scales: {
        x: { time: true, range: () => window },
        y: { range: (_plot, min, max) => padded(min, max) },
      },
      axes: [
        {
          ...axis,
          size: 26,
          gap: 4,
          space: 76,
          // A text half out of the panel is no help: the tick at the very edge goes without.
          values: (plot, ticks, _axis, _space, increment) =>
            ticks.map((tick) =>
              plot.valToPos(tick, "x") < EDGE_PX ? "" : timeTick(tick, increment),
            ),
        },
        {
          ...axis,
          side: 1,
          size: 62,
          gap: 6,
          space: 28,
          values: (_plot, ticks, _axis, _space, increment) =>
            ticks.map((tick) => formatTick(tick, increment)),
        },
      ],
      series: lines.length === 1 ? rangedSeries() : [{}, ...lines.map((_, i) => meanSeries(i))],
      ...(lines.length === 1
        ? { bands: [{ series: [2, 3] as [number, number], fill: colour("band") }] }
        : {}),
      hooks: {
        setCursor: [
          (self) => {
            const { idx } = self.cursor;
            if (idx === null || idx === undefined) return options.onHover(null);
            options.onHover(lines.map((_, i) => self.data[i + 1]?.[idx] ?? null));
          },
        ],
      },
    };
  }
}

function rangedSeries(): uPlot.Series[] {
  const edge: uPlot.Series = { stroke: "transparent", points: { show: false }, spanGaps: true };
  return [{}, meanSeries(0), edge, edge];
}

function meanSeries(index: number): uPlot.Series {
  return { stroke: lineColour(index), width: 1.5, points: { show: false }, spanGaps: true };
}

const DAY_TICK = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const MINUTE_TICK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** Seconds only where ticks are closer than a minute, days where they are a day apart. */
function timeTick(seconds: number, increment: number): string {
  if (increment >= 43_200) return DAY_TICK.format(seconds * 1_000);
  return increment >= 60 ? MINUTE_TICK.format(seconds * 1_000) : formatClock(seconds * 1e6);
}

/** A little room above and below; a flat line stands in the middle. */
function padded(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const room = max > min ? (max - min) * 0.12 : Math.abs(max) * 0.1 || 1;
  return [min - room, max + room];
}
