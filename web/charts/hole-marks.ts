import type { IChartApiBase, Time } from "lightweight-charts";
import type { Bar } from "../../src/protocol/events/bar.ts";
import { holesAfter, longestPause } from "../data/bars/holes.ts";
import { formatAge } from "../data/words/format.ts";
import { barPlaces, drawnOver } from "./drawn-over.ts";
import { CANVAS_FONT, colour } from "./theme.ts";

/** Closer together, in pixels, marks would be a wall and their words a smear: the first of them stands. */
const MARK_APART_PX = 14;
const WORDS_APART_PX = 56;
/** With fewer bars the usual step is not settled yet, and is looked for anew with each. */
const FEW_BARS = 100;

/**
 * A line where time was left out between two bars, with how much. The time axis closes up over what has no bars, as it
 * must for markets that close at night; without a mark an outage of a market that never does would look like none.
 */
export function createHoleMarks(chart: IChartApiBase<Time>) {
  let bars: readonly Bar[] = [];
  let isShown = true;
  let lengthUs = 0;
  let pauseUs = Number.POSITIVE_INFINITY;
  /** Indexes of the bars that time was left out before. */
  let holes: readonly number[] = [];
  const line = colour("text-faint");
  const words = colour("text-dim");

  const { primitive, update } = drawnOver((context, { height }) => {
    context.strokeStyle = line;
    context.fillStyle = words;
    context.font = `10.5px ${CANVAS_FONT}`;
    context.textAlign = "center";
    context.setLineDash([2, 4]);
    context.beginPath();
    let wordsAt = Number.NEGATIVE_INFINITY;
    for (const { x, missingUs } of visibleHoles()) {
      context.moveTo(x, 0);
      context.lineTo(x, height);
      if (x - wordsAt < WORDS_APART_PX) continue;
      wordsAt = x;
      context.fillText(formatAge(missingUs / 1_000), x, height - 6);
    }
    context.stroke();
  }, "bottom");

  return {
    primitive,
    setShown(next: boolean): void {
      isShown = next;
      update();
    },
    /** The bars on the chart; `isAnew` where more than the newest of them have changed. */
    setBars(next: readonly Bar[], barUs: number, isAnew: boolean): void {
      lengthUs = barUs;
      const isLonger = next.length !== bars.length;
      bars = next;
      if (isAnew || isLonger) {
        const times = next.map(({ ts }) => ts);
        if (isAnew || next.length < FEW_BARS) pauseUs = longestPause(times, lengthUs);
        holes = holesAfter(times, pauseUs);
      }
      update();
    },
  };

  function visibleHoles(): { x: number; missingUs: number }[] {
    const places = barPlaces(chart);
    if (places === null || !isShown) return [];
    const { zero, spacing, range } = places;
    const visible: { x: number; missingUs: number }[] = [];
    for (const index of holes) {
      if (index < range.from || index > range.to + 2) continue;
      const x = zero + (index - 0.5) * spacing;
      const before = visible.at(-1);
      if (before !== undefined && x - before.x < MARK_APART_PX) continue;
      const missingUs = (bars[index]?.ts ?? 0) - (bars[index - 1]?.ts ?? 0) - lengthUs;
      visible.push({ x, missingUs });
    }
    return visible;
  }
}
