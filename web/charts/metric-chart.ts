import uPlot from "uplot";
import { loneIndexes } from "../data/bars/holes.ts";
import { type Columns, columnsOf, type Line, valuesAt } from "../data/bars/lines.ts";
import { longest, tickTexts } from "../data/bars/ticks.ts";
import type { TimeWindow } from "../data/bars/time-window.ts";
import { timeText, type ZoneId } from "../data/times/times.ts";
import { zoneOf } from "../data/times/zone-offset.ts";
import { zoneTicks } from "../data/times/zone-ticks.ts";
import { moveAxis } from "./move-axis.ts";
import type { SharedAxis } from "./shared-axis.ts";
import { CANVAS_FONT, colour, lineColour } from "./theme.ts";

/** Half the width of a tick's text. */
const EDGE_PX = 20;
/** The axis of values: as wide as most texts need, so that panels line up, and wider for longer ones. */
const AXIS_PX = 62;
const AXIS_PX_PER_CHARACTER = 6.5;
const AXIS_MARGIN_PX = 14;

export interface MetricChartOptions {
  zone: ZoneId;
  axis: SharedAxis;
  /** Whether it shows what the candles do, and moves them. */
  isLinked: boolean;
  /** The values under the cursor, one a line, null in a hole; or null where the cursor is elsewhere. */
  onHover(values: readonly (number | null)[] | null): void;
}

/** The lines of one metric in `container`, until `destroy`. A single line is drawn with the range it came from. */
export function createMetricChart(container: HTMLElement, options: MetricChartOptions) {
  const zone = zoneOf(options.zone);
  let plot: uPlot | null = null;
  let drawnLines = -1;
  let window: [number, number] = [0, 1];
  let isTold = false;
  const stop = options.axis.pointed.hear(container, (ts) => {
    if (plot === null) return;
    const isShown = ts !== null && ts >= window[0] * 1e6 && ts <= window[1] * 1e6;
    isTold = true;
    plot.setCursor({ left: isShown ? plot.valToPos(ts / 1e6, "x") : -10, top: isShown ? 0 : -10 });
    isTold = false;
  });
  const resized = new ResizeObserver(() => {
    plot?.setSize({ width: container.clientWidth, height: container.clientHeight });
  });
  resized.observe(container);

  return {
    /** Draw `lines`, whose points are `stepUs` apart or more, from one moment to another. */
    setLines(lines: readonly Line[], shown: TimeWindow, stepUs: number): void {
      window = inSeconds(shown);
      const columns = columnsOf(lines, stepUs) as uPlot.AlignedData;
      if (plot === null || drawnLines !== lines.length) {
        plot?.destroy();
        drawnLines = lines.length;
        plot = new uPlot(plotOptions(lines), columns, container);
      } else {
        plot.setData(columns);
      }
    },
    /** Show another window of the same lines. */
    setWindow(shown: TimeWindow): void {
      window = inSeconds(shown);
      plot?.setScale("x", { min: window[0], max: window[1] });
    },
    destroy(): void {
      stop();
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
          splits: (_plot, _axis, min, max, increment) => zoneTicks(min, max, increment, zone),
          // A text half out of the panel is no help: the tick at the very edge goes without.
          values: (plot, ticks, _axis, _space, increment) =>
            ticks.map((tick) =>
              plot.valToPos(tick, "x") < EDGE_PX ? "" : timeTick(tick, increment, options.zone),
            ),
        },
        {
          ...axis,
          side: 1,
          size: (_plot, texts) =>
            Math.max(AXIS_PX, longest(texts ?? []) * AXIS_PX_PER_CHARACTER + AXIS_MARGIN_PX),
          gap: 6,
          space: 28,
          values: (_plot, ticks, _axis, _space, increment) => tickTexts(ticks, increment),
        },
      ],
      series: lines.length === 1 ? rangedSeries() : [{}, ...lines.map((_, i) => meanSeries(i))],
      ...(lines.length === 1
        ? { bands: [{ series: [2, 3] as [number, number], fill: colour("band") }] }
        : {}),
      hooks: {
        ready: [(self) => options.isLinked && moveAxis(self.over, options.axis)],
        setCursor: [
          (self) => {
            const { idx, left = -1 } = self.cursor;
            if (!isTold) {
              options.axis.pointed.say(container, left < 0 ? null : self.posToVal(left, "x") * 1e6);
            }
            if (idx === null || idx === undefined) return options.onHover(null);
            options.onHover(valuesAt(self.data as Columns, idx, lines.length));
          },
        ],
      },
    };
  }
}

function inSeconds({ fromUs, toUs }: TimeWindow): [number, number] {
  return [fromUs / 1e6, toUs / 1e6];
}

function rangedSeries(): uPlot.Series[] {
  const edge: uPlot.Series = { stroke: "transparent", points: { show: false } };
  return [{}, meanSeries(0), edge, edge];
}

function meanSeries(index: number): uPlot.Series {
  const stroke = lineColour(index);
  return {
    stroke,
    width: 1.5,
    points: {
      show: true,
      size: 5,
      fill: stroke,
      filter: (plot, series) => loneIndexes(plot.data[series] ?? []),
    },
  };
}

/** Seconds only where ticks are closer than a minute, days where they are a day apart. */
function timeTick(seconds: number, increment: number, zone: ZoneId): string {
  const style = increment >= 43_200 ? "day" : increment >= 60 ? "minute" : "clock";
  return timeText(style, seconds * 1_000, zone);
}

/** A little room above and below; a flat line stands in the middle. */
function padded(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const room = max > min ? (max - min) * 0.12 : Math.abs(max) * 0.1 || 1;
  return [min - room, max + room];
}
