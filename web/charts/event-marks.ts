import type { Interval } from "../../src/protocol/events/bar.ts";
import type { ChartMark, OrderMark } from "../data/tables/chart-marks.ts";
import { type JoinedMark, joinMarks } from "../data/tables/joined-marks.ts";
import { drawnOver } from "./drawn-over.ts";
import type { Layer } from "./layers.ts";
import { CANVAS_FONT, colour } from "./theme.ts";

/** Half the width of a mark: with the bars, so that many do not hide the candles they are about. */
const [LEAST_HALF_PX, MOST_HALF_PX] = [3, 5];
/** Above the words of holes, and off the candles. */
const NOTE_FROM_BOTTOM_PX = 26;

/** Bars that are closer together have no room for counts. */
const COUNTS_FROM_PX = 7;
const COUNT_PX = 9;

/** Where a moment and a price lie in the pane, in pixels; null where out of sight. */
export interface Places {
  x(ts: number): number | null;
  y(price: number): number | null;
  /** The moment at the left edge; null without bars. */
  fromUs(): number | null;
  /** From bar to bar. */
  spacing(): number;
}

/**
 * Marks of orders, fills and notes over the candles. A triangle touches its price with its tip: from below it is a purchase, from
 * above a sale. A fill is solid. A note is a diamond at the foot, in the colour of its level. Several of a bar that look alike are one, with their
 * count.
 */
export function createEventMarks({ x: xOf, y: yOf, fromUs, spacing }: Places) {
  let given: readonly ChartMark[] = [];
  let leftOff: ReadonlySet<Layer> | null = null;
  let joinedFor: Interval | null = null;
  let marks: readonly JoinedMark[] = [];
  const ground = colour("surface");
  const buy = colour("up");
  const sell = colour("down");
  const none = colour("text-dim");
  const words = colour("text");
  const ofLevel = { info: colour("accent"), warn: colour("warn"), error: sell };

  const { primitive, update } = drawnOver((context, { width, height }) => {
    const leftUs = fromUs() ?? 0;
    const half = Math.min(MOST_HALF_PX, Math.max(LEAST_HALF_PX, spacing() / 2));
    context.lineJoin = "round";
    context.font = `${COUNT_PX}px ${CANVAS_FONT}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const mark of marks) {
      const x = mark.ts < leftUs ? null : xOf(mark.ts);
      if (x === null || x < -MOST_HALF_PX) continue;
      if (x > width + MOST_HALF_PX) break;
      if (mark.kind === "note") {
        drawDiamond(context, x, height - NOTE_FROM_BOTTOM_PX);
        paint(context, ofLevel[mark.note.level ?? "info"], ground);
        drawCount(context, mark, x, height - NOTE_FROM_BOTTOM_PX - MOST_HALF_PX, -1);
      } else {
        const y = yOf(mark.price);
        if (y !== null) drawOrder(context, mark, { x, y, half });
      }
    }
  }, "top");

  return {
    primitive,
    /** The marks on the chart, in time, but for those of layers that are off. */
    setMarks(next: readonly ChartMark[], interval: Interval, off: ReadonlySet<Layer>): void {
      if (next === given && interval === joinedFor && off === leftOff) return;
      [given, joinedFor, leftOff] = [next, interval, off];
      const shown = next.filter(({ kind }) => !off.has(kind === "note" ? "Notes" : "Orders"));
      marks = joinMarks(shown, interval);
      update();
    },
  };

  function drawOrder(
    context: CanvasRenderingContext2D,
    mark: OrderMark & JoinedMark,
    { x, y, half }: { x: number; y: number; half: number },
  ): void {
    const { kind, side } = mark;
    const away = side === "sell" ? -1 : 1;
    context.beginPath();
    if (side === undefined) {
      context.arc(x, y, half, 0, 2 * Math.PI);
    } else {
      const foot = y + away * 2 * half;
      context.moveTo(x, y);
      context.lineTo(x + half, foot);
      context.lineTo(x - half, foot);
    }
    context.closePath();
    const color = side === undefined ? none : side === "buy" ? buy : sell;
    // Marks over each other, and over candles of their colour, are told apart by an edge of the ground.
    if (kind === "filled") paint(context, color, ground);
    else paint(context, ground, color);
    drawCount(context, mark, x, y + away * 2 * half, away);
  }

  /** Of several marks, beyond `edge`: below it, or above where `away` is -1. */
  function drawCount(
    context: CanvasRenderingContext2D,
    { count }: JoinedMark,
    x: number,
    edge: number,
    away: 1 | -1,
  ): void {
    if (count === 1 || spacing() < COUNTS_FROM_PX) return;
    const y = edge + away * COUNT_PX * 0.8;
    context.lineWidth = 3;
    context.strokeStyle = ground;
    context.strokeText(String(count), x, y);
    context.lineWidth = 1;
    context.fillStyle = words;
    context.fillText(String(count), x, y);
  }
}

function drawDiamond(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.beginPath();
  context.moveTo(x, y - MOST_HALF_PX);
  context.lineTo(x + MOST_HALF_PX, y);
  context.lineTo(x, y + MOST_HALF_PX);
  context.lineTo(x - MOST_HALF_PX, y);
  context.closePath();
}

function paint(context: CanvasRenderingContext2D, fill: string, stroke: string): void {
  context.fillStyle = fill;
  context.strokeStyle = stroke;
  context.fill();
  context.stroke();
}
