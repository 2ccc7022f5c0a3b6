import { type ISeriesApi, LineStyle } from "lightweight-charts";
import { CANVAS_FONT, colour } from "./theme.ts";

/** A line across the chart; `name` tells it from the others. */
export interface PriceLine {
  name: string;
  /** As the chart is given prices. */
  price: number;
  color: string;
  /** Empty: the price is told elsewhere on the page, and its line needs no words. */
  title: string;
}

/** Below the buttons at the head of the pane, and above the one at its foot. */
const FROM_EDGE_PX = 52;
const FROM_RIGHT_PX = 8;
const APART_PX = 16;

/** Draws the wanted lines on `candles`, and takes away those that are wanted no more. What the axis has no place for is told at its edge. */
export function createPriceLines(candles: ISeriesApi<"Candlestick">) {
  let shown: readonly PriceLine[] = [];
  let drawn = new Map<
    string,
    { wanted: string; line: ReturnType<typeof candles.createPriceLine> }
  >();
  const ground = colour("surface");
  candles.attachPrimitive({
    paneViews: () => [
      {
        zOrder: () => "top",
        renderer: () => ({
          draw: (target) =>
            target.useMediaCoordinateSpace(({ context, mediaSize: { width, height } }) => {
              context.font = `11px ${CANVAS_FONT}`;
              context.textAlign = "right";
              const yOf = (price: number) => candles.priceToCoordinate(price);
              for (const [{ title, price, color }, side, y] of linesBeyond(shown, yOf, height)) {
                const words = `${title} at ${candles.priceFormatter().format(price)}, ${side}`;
                const right = width - FROM_RIGHT_PX;
                const wide = context.measureText(words).width;
                context.fillStyle = ground;
                context.fillRect(right - wide - 4, y - 12, wide + 8, APART_PX);
                context.fillStyle = color;
                context.fillText(words, right, y);
              }
            }),
        }),
      },
    ],
  });
  return (lines: readonly PriceLine[]): void => {
    const next: typeof drawn = new Map();
    shown = lines;
    for (const { name, ...look } of lines) {
      const wanted = JSON.stringify(look);
      const before = drawn.get(name);
      const options = { ...look, lineWidth: 1, lineStyle: LineStyle.Dashed } as const;
      // Each change draws the whole chart.
      if (before !== undefined && before.wanted !== wanted) before.line.applyOptions(options);
      next.set(name, { wanted, line: before?.line ?? candles.createPriceLine(options) });
    }
    for (const [name, { line }] of drawn) if (!next.has(name)) candles.removePriceLine(line);
    drawn = next;
  };
}

/** Those of `lines` that a pane of `height` pixels does not show, on which side they lie, and where their words stand: from the edge inwards. */
export function linesBeyond(
  lines: readonly PriceLine[],
  yOf: (price: number) => number | null,
  height: number,
): [line: PriceLine, side: string, y: number][] {
  const told: [PriceLine, string, number][] = [];
  let [above, below] = [FROM_EDGE_PX, height - FROM_EDGE_PX];
  for (const line of lines) {
    const y = line.title === "" ? null : yOf(line.price);
    if (y === null) continue;
    if (y < 0) {
      told.push([line, "above", above]);
      above += APART_PX;
    } else if (y > height) {
      told.push([line, "below", below]);
      below -= APART_PX;
    }
  }
  return told;
}
