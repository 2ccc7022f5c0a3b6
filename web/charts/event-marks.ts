import type { ISeriesPrimitive, Time } from "lightweight-charts";
import type { ChartMark, OrderMark } from "../data/tables/chart-marks.ts";
import type { Layer } from "./layers.ts";
import { colour } from "./theme.ts";

const HALF_PX = 5;
/** Above the words of holes, and off the candles. */
const NOTE_FROM_BOTTOM_PX = 26;

/** Where a moment and a price lie in the pane, in pixels; null where out of sight. */
export interface Places {
  x(ts: number): number | null;
  y(price: number): number | null;
}

/**
 * Marks of orders, fills and notes over the candles. A triangle touches its price with its tip: from below it is a purchase, from
 * above a sale. A fill is solid. A note is a diamond at the foot, in the colour of its level.
 */
export function createEventMarks({ x: xOf, y: yOf }: Places) {
  let given: readonly ChartMark[] = [];
  let leftOff: ReadonlySet<Layer> | null = null;
  let marks: readonly ChartMark[] = [];
  let requestUpdate = () => {};
  const outline = colour("text");
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
              context.lineJoin = "round";
              for (const mark of marks) {
                const x = xOf(mark.ts);
                if (x === null || x < -HALF_PX || x > width + HALF_PX) continue;
                if (mark.kind === "note") {
                  drawDiamond(context, x, height - NOTE_FROM_BOTTOM_PX);
                  paint(context, ofLevel[mark.note.level ?? "info"], ground);
                } else {
                  const y = yOf(mark.price);
                  if (y !== null) drawOrder(context, mark, x, y);
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
    x: number,
    y: number,
  ): void {
    context.beginPath();
    if (side === undefined) {
      context.arc(x, y, HALF_PX - 1, 0, 2 * Math.PI);
    } else {
      const foot = y + (side === "buy" ? 2 : -2) * HALF_PX;
      context.moveTo(x, y);
      context.lineTo(x + HALF_PX, foot);
      context.lineTo(x - HALF_PX, foot);
    }
    context.closePath();
    const color = side === undefined ? none : side === "buy" ? buy : sell;
    if (kind === "filled") paint(context, color, outline);
    else paint(context, ground, color);
  }
}

function drawDiamond(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.beginPath();
  context.moveTo(x, y - HALF_PX);
  context.lineTo(x + HALF_PX, y);
  context.lineTo(x, y + HALF_PX);
  context.lineTo(x - HALF_PX, y);
  context.closePath();
}

function paint(context: CanvasRenderingContext2D, fill: string, stroke: string): void {
  context.fillStyle = fill;
  context.strokeStyle = stroke;
  context.fill();
  context.stroke();
}
