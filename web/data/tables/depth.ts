import type { Ladder, LadderRow } from "./order-book.ts";

/** The depth of a book as it is drawn: outlines of both sides in a box of `width` by `height`, as the paths of SVG. */
export interface Depth {
  bids: string;
  asks: string;
  /** The lowest and the highest price drawn. */
  from: number;
  to: number;
}

/** Best prices meet in the middle, and both sides reach as far from it; null where a side is empty, or both cross. */
export function depthOf(
  { bids, asks }: Pick<Ladder, "bids" | "asks">,
  { width, height }: { width: number; height: number },
): Depth | null {
  const [lowest, bid, ask, highest] = [bids.at(-1), bids[0], asks[0], asks.at(-1)];
  if (!(lowest && bid && ask && highest)) return null;
  const middle = (bid.price + ask.price) / 2;
  const reach = Math.min(middle - lowest.price, highest.price - middle);
  if (reach <= 0) return null;
  const near = ({ price }: LadderRow) => Math.abs(price - middle) <= reach;
  const [bidRows, askRows] = [bids.filter(near), asks.filter(near)];
  const deepest = Math.max(bidRows.at(-1)?.total ?? 0, askRows.at(-1)?.total ?? 0);
  const outline = (rows: readonly LadderRow[], edge: number): string => {
    const steps = rows.map(({ price, total }) => {
      const x = (0.5 + (price - middle) / reach / 2) * width;
      return `H${round(x)}V${round(height * (1 - total / deepest))}`;
    });
    return `M${width / 2} ${height}${steps.join("")}H${edge}V${height}Z`;
  };
  return {
    bids: outline(bidRows, 0),
    asks: outline(askRows, width),
    from: middle - reach,
    to: middle + reach,
  };
}

function round(px: number): number {
  return Math.round(px * 10) / 10;
}
