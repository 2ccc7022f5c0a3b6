import uPlot from "uplot";
import { loneIndexes } from "../data/bars/holes.ts";
import { type Columns, columnsOf, type Line, valuesAt } from "../data/bars/lines.ts";
import { longest, tickTexts } from "../data/bars/ticks.ts";
import type { TimeWindow } from "../data/bars/time-window.ts";
import { timeTick } from "../data/times/time-tick.ts";
import type { ZoneId } from "../data/times/times.ts";
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
/** A hand that shakes while it clicks chooses nothing. */
const LEAST_DRAG_PX = 6;

/** What is under the cursor: a moment, and the value of each line there, null in a hole. */
export interface Hovered {
  ts: number;
  values: readonly (number | null)[];
}

export interface MetricChartOptions {
  zone: ZoneId;
  axis: SharedAxis;
  /** Whether it shows what the candles do, and moves them. */
  isLinked: boolean;
  /** Null where the cursor is elsewhere. */
  onHover(hovered: Hovered | null): void;
  /** Who drags over the panel means this part of it. */
  onZoom?(fromUs: number, toUs: number): void;
}

/** The lines of one metric in `container`, until `destroy`. A single line is drawn with the range it came from. */
export function createMetricChart(container: HTMLElement, options: MetricChartOptions) {
  const zone = zoneOf(options.zone);
  let plot: uPlot | null = null;
  let drawnLines = "";
  let window: [number, number] = [0, 1];
  /** The pointer is on this panel, or was until now. */
  let isPointedAt = false;
  const stop = options.axis.pointed.hear(container, (ts) => {
    if (plot === null) return;
    const isShown = ts !== null && ts >= window[0] * 1e6 && ts <= window[1] * 1e6;
    plot.setCursor({ left: isShown ? plot.valToPos(ts / 1e6, "x") : -10, top: isShown ? 0 : -10 });
  });
  const resized = new ResizeObserver(() => {
    plot?.setSize({ width: container.clientWidth, height: container.clientHeight });
  });
  resized.observe(container);

  return {
    /**
     * Draw `lines`, whose points are `stepUs` apart or more, from one moment to another. `compared`: what each of them was
     * another time, moved to now; dashed.
     */
    setLines(
      lines: readonly Line[],
      shown: TimeWindow,
      stepUs: number,
      compared: readonly Line[] = [],
    ): void {
      window = inSeconds(shown);
      const columns = columnsOf([...lines, ...compared], stepUs) as uPlot.AlignedData;
      const drawing = `${lines.length} ${compared.length}`;
      if (plot === null || drawnLines !== drawing) {
        plot?.destroy();
        drawnLines = drawing;
        plot = new uPlot(plotOptions(lines.length, compared.length), columns, container);
      } else {
        plot.setData(columns);
      }
    },
    /** Show another window of the same lines. */
    setWindow(shown: TimeWindow): void {
      window = inSeconds(shown);
      plot?.setScale("x", { min: window[0], max: window[1] });
    },
    /** What is painted; null before anything is. */
    canvas: () => plot?.ctx.canvas ?? null,
    destroy(): void {
      stop();
      resized.disconnect();
      plot?.destroy();
      plot = null;
    },
  };

  function plotOptions(lineCount: number, comparedCount: number): uPlot.Options {
    const { onZoom } = options;
    const count = lineCount + comparedCount;
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
        // A part is chosen here, or all charts are moved (move-axis.ts).
        drag: { x: onZoom !== undefined, y: false, setScale: false, dist: LEAST_DRAG_PX },
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
      series: count === 1 ? rangedSeries() : [{}, ...meansOf(lineCount, comparedCount)],
      ...(count === 1
        ? { bands: [{ series: [2, 3] as [number, number], fill: colour("band") }] }
        : {}),
      hooks: {
        ready: [(self) => options.isLinked && moveAxis(self.over, options.axis)],
        setCursor: [
          (self) => {
            const { idx, left = -1 } = self.cursor;
            const wasPointedAt = isPointedAt;
            isPointedAt = container.matches(":hover");
            // The cursor is set by what another chart says too, and with all new points.
            if (isPointedAt || wasPointedAt) {
              options.axis.pointed.say(container, left < 0 ? null : self.posToVal(left, "x") * 1e6);
            }
            if (idx === null || idx === undefined) return options.onHover(null);
            const ts = Math.round((self.data[0][idx] ?? 0) * 1e6);
            options.onHover({ ts, values: valuesAt(self.data as Columns, idx, count) });
          },
        ],
        setSelect: [
          (self) => {
            const { left, width } = self.select;
            if (width === 0) return;
            const [fromUs, toUs] = [left, left + width].map((px) => self.posToVal(px, "x") * 1e6);
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            onZoom?.(fromUs as number, toUs as number);
          },
        ],
      },
    };
  }
}

function inSeconds({ fromUs, toUs }: TimeWindow): [number, number] {
  return [fromUs / 1e6, toUs / 1e6];
}

function meansOf(lineCount: number, comparedCount: number): uPlot.Series[] {
  const lines = Array.from({ length: lineCount }, (_, i) => meanSeries(i));
  const compared = Array.from({ length: comparedCount }, (_, i) => {
    return { ...meanSeries(i), dash: [5, 4], alpha: 0.7 };
  });
  return [...lines, ...compared];
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

/** A little room above and below; a flat line stands in the middle. */
function padded(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1];
  const room = max > min ? (max - min) * 0.12 : Math.abs(max) * 0.1 || 1;
  return [min - room, max + room];
}
