import type { IChartApiBase, Time } from "lightweight-charts";
import type { Bar } from "../../src/protocol/events/bar.ts";
import { dayVwap, type Indicator, movingAverage } from "../data/bars/indicators.ts";
import { barsAColumn } from "../data/bars/volume-columns.ts";
import type { ZoneId } from "../data/times/times.ts";
import { type BarPlaces, barPlaces, drawnOver } from "./drawn-over.ts";
import { INDICATOR_NAMES, INDICATORS, type IndicatorName, type Layer } from "./layers.ts";
import { lineColour } from "./theme.ts";

/** What is told of an indicator at a bar; NaN: it has no figure there. `colour`: which of the lines' colours it has. */
export interface ToldIndicator {
  name: IndicatorName;
  colour: number;
  value: number;
}

interface Wanted {
  /** Where days begin. */
  zone: () => ZoneId;
  /** Whether the bars go back to a moment. */
  isReached: (fromUs: number) => boolean;
  /** Where a price lies. */
  yOf: (price: number) => number | null;
}

interface Line {
  name: IndicatorName;
  color: string;
  figure: Indicator;
  figures: readonly number[];
}

/** The first colour of lines is that of what was paid for positions. */
const colourOf = (name: IndicatorName) => INDICATOR_NAMES.indexOf(name) + 1;

/**
 * Lines of figures that are made of the bars. As series of the library they would be a second and a third copy of every bar, and all of them would be made anew
 * with each trade; here what is in sight is drawn, and of bars that share a column the figure of the last.
 */
export function createIndicatorLines(chart: IChartApiBase<Time>, { zone, isReached, yOf }: Wanted) {
  let bars: readonly Bar[] = [];
  let lines: readonly Line[] = [];
  const { primitive, update } = drawnOver((context) => {
    const places = barPlaces(chart);
    if (places === null) return;
    context.lineWidth = 1.5;
    for (const line of lines) draw(context, line, places);
  });

  return {
    primitive,
    /** Bars from index `from` on differ. */
    setBars(next: readonly Bar[], from: number): void {
      bars = next;
      for (const { figure } of lines) figure(bars, from);
      update();
    },
    leaveOff(off: ReadonlySet<Layer>): void {
      lines = INDICATOR_NAMES.filter((name) => !off.has(name)).map((name) => {
        const known = lines.find((line) => line.name === name);
        if (known !== undefined) return known;
        const length = INDICATORS[name];
        const figure = length === null ? dayVwap(zone, isReached) : movingAverage(length);
        return { name, color: lineColour(colourOf(name)), figure, figures: figure(bars, 0) };
      });
      update();
    },
    /** What those that are shown say of the bar at `index`. */
    at: (index: number): ToldIndicator[] =>
      lines.map(({ name, figures }) => {
        return { name, colour: colourOf(name), value: figures[index] ?? Number.NaN };
      }),
  };

  function draw(
    context: CanvasRenderingContext2D,
    { color, figures }: Line,
    { zero, spacing, range }: BarPlaces,
  ): void {
    const step = barsAColumn(spacing);
    const last = figures.length - 1;
    context.strokeStyle = color;
    context.beginPath();
    let isOn = false;
    const from = Math.max(0, Math.floor(range.from / step - 1) * step);
    for (let first = from; first <= Math.min(last, range.to + step); first += step) {
      const at = Math.min(first + step - 1, last);
      const figure = figures[at] ?? Number.NaN;
      const y = Number.isFinite(figure) ? yOf(figure) : null;
      if (y !== null) context[isOn ? "lineTo" : "moveTo"](zero + at * spacing, y);
      isOn = y !== null;
    }
    context.stroke();
  }
}
