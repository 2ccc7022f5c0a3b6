import { type ISeriesApi, LineStyle } from "lightweight-charts";
import { drawnOver } from "./drawn-over.ts";
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
/** In a pane that is not as wide words on a line would hide the newest candles: the axis has the price, and the page the position. */
const ROOM_PX = 480;
/** Words stand on their line. */
const OVER_LINE_PX = 4;
/** What of a candle lies behind words is seen between their letters. */
const HALO_PX = 3;

/**
 * Draws the wanted lines on `candles`, and takes away those that are wanted no more. What the axis has no place for is told at its edge. `headPx`: how
 * far other words reach down from the head of the pane.
 */
export function createPriceLines(candles: ISeriesApi<"Candlestick">, headPx: () => number) {
  let shown: readonly PriceLine[] = [];
  let drawn = new Map<
    string,
    { wanted: string; line: ReturnType<typeof candles.createPriceLine> }
  >();
  const ground = colour("surface");
  const { primitive } = drawnOver((context, { width, height }) => {
    context.font = `11px ${CANVAS_FONT}`;
    context.textAlign = "right";
    context.lineJoin = "round";
    context.lineWidth = HALO_PX;
    context.strokeStyle = ground;
    const yOf = (price: number) => candles.priceToCoordinate(price);
    for (const { line, side, y } of placedWords(shown, yOf, height, headPx())) {
      if (side === null && width < ROOM_PX) continue;
      const at = `at ${candles.priceFormatter().format(line.price)}, ${side}`;
      const words = side === null ? line.title : `${line.title} ${at}`;
      context.fillStyle = line.color;
      context.strokeText(words, width - FROM_RIGHT_PX, y);
      context.fillText(words, width - FROM_RIGHT_PX, y);
    }
  }, "top");
  candles.attachPrimitive(primitive);
  return (lines: readonly PriceLine[]): void => {
    const next: typeof drawn = new Map();
    shown = lines;
    for (const { name, price, color } of lines) {
      const wanted = `${price} ${color}`;
      const before = drawn.get(name);
      // The library's own words would stand on a ground that hides the newest candles.
      const options = { price, color, lineWidth: 1, lineStyle: LineStyle.Dashed } as const;
      // Each change draws the whole chart.
      if (before !== undefined && before.wanted !== wanted) before.line.applyOptions(options);
      next.set(name, { wanted, line: before?.line ?? candles.createPriceLine(options) });
    }
    for (const [name, { line }] of drawn) if (!next.has(name)) candles.removePriceLine(line);
    drawn = next;
  };
}

/** The words of a line, and on which side of what the pane shows its price lies; null: it is shown. */
interface PlacedWords {
  line: PriceLine;
  side: "above" | "below" | null;
  y: number;
}

/**
 * Where the words of `lines` stand in a pane of `height` pixels: those of the highest price first, each at its line or at the edge that the price lies beyond,
 * and none on others.
 */
export function placedWords(
  lines: readonly PriceLine[],
  yOf: (price: number) => number | null,
  height: number,
  headPx: number,
): PlacedWords[] {
  const placed = lines
    .flatMap((line): PlacedWords[] => {
      const y = line.title === "" ? null : yOf(line.price);
      return y === null ? [] : [{ line, side: y < 0 ? "above" : y > height ? "below" : null, y }];
    })
    .sort((a, b) => a.y - b.y);
  let least = Math.max(FROM_EDGE_PX, headPx + APART_PX);
  for (const words of placed) {
    words.y = Math.max(least, words.y - OVER_LINE_PX);
    least = words.y + APART_PX;
  }
  let most = height - FROM_EDGE_PX;
  for (const words of placed.toReversed()) {
    words.y = Math.min(words.y, most);
    most = words.y - APART_PX;
  }
  return placed;
}
