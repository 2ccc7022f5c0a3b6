import type { ISeriesPrimitive, Time } from "lightweight-charts";
import type { ChartMark, OrderMark } from "../data/tables/chart-marks.ts";
import type { Layer } from "./layers.ts";
import { colour } from "./theme.ts";

/** Half the width of a mark: with the bars, so that many do not hide the candles they are about. */
const [LEAST_HALF_PX, MOST_HALF_PX] = [3, 5];
/** Above the words of holes, and off the candles. */
const NOTE_FROM_BOTTOM_PX = 26;

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
 * above a sale. A fill is solid. A note is a diamond at the foot, in the colour of its level.
 */
export function createEventMarks({ x: xOf, y: yOf, fromUs, spacing }: Places) {
  let given: readonly ChartMark[] = [];
  let leftOff: ReadonlySet<Layer> | null = null;
  let marks: readonly ChartMark[] = [];
  let requestUpdate = () => {};
  const ground = colour("surface");
  const buy = colour("up");
  const sell = colour("down");
  const none = colour("text-dim");
  const ofLevel = { info: colour("accent"), warn: colour("warn"), error: sell };

  const primitive: ISeriesPrimitive<Time> = {
    attached(parameters) {
      requestUpdate = parameters.requestUpdate;
    },
    paneViews: () => [
      {
        zOrder: () => "top",
        renderer: () => ({
          draw: (target) =>
            target.useMediaCoordinateSpace(({ context, mediaSize: { width, height } }) => {
              const leftUs = fromUs() ?? 0;
              const half = Math.min(MOST_HALF_PX, Math.max(LEAST_HALF_PX, spacing() / 2));
              context.lineJoin = "round";
              for (const mark of marks) {
                const x = mark.ts < leftUs ? null : xOf(mark.ts);
                if (x === null || x < -MOST_HALF_PX) continue;
                if (x > width + MOST_HALF_PX) break;
                if (mark.kind === "note") {
                  drawDiamond(context, x, height - NOTE_FROM_BOTTOM_PX);
                  paint(context, ofLevel[mark.note.level ?? "info"], ground);
                } else {
                  const y = yOf(mark.price);
                  if (y !== null) drawOrder(context, mark, { x, y, half });
                }
              }
            }),
        }),
      },
    ],
  };

  return {
    primitive,
    /** The marks on the chart, in time, but for those of layers that are off. */
    setMarks(next: readonly ChartMark[], off: ReadonlySet<Layer>): void {
      if (next === given && off === leftOff) return;
      [given, leftOff] = [next, off];
      marks = next.filter(({ kind }) => !off.has(kind === "note" ? "Notes" : "Orders"));
      requestUpdate();
    },
  };

  function drawOrder(
    context: CanvasRenderingContext2D,
    { kind, side }: OrderMark,
    { x, y, half }: { x: number; y: number; half: number },
  ): void {
    context.beginPath();
    if (side === undefined) {
      context.arc(x, y, half, 0, 2 * Math.PI);
    } else {
      const foot = y + (side === "buy" ? 2 : -2) * half;
      context.moveTo(x, y);
      context.lineTo(x + half, foot);
      context.lineTo(x - half, foot);
    }
    context.closePath();
    const color = side === undefined ? none : side === "buy" ? buy : sell;
    // Marks over each other, and over candles of their colour, are told apart by an edge of the ground.
    if (kind === "filled") paint(context, color, ground);
    else paint(context, ground, color);
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
