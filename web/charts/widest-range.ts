/** From the middle of one place of an axis to that of another. */
export interface PlaceRange {
  from: number;
  to: number;
}

/** What rounding makes of a width is no zoom. */
const SLACK = 1e-6;

/** How many places a range shows. */
const widthOf = ({ from, to }: PlaceRange) => to - from + 1;

/**
 * Where a zoom from `before` on its way to `next` shows `most` places, so that what it was to hold still is held still; null where
 * `next` shows no more than that. From a range that was wider already the right edge is held.
 */
export function stopAt(before: PlaceRange, next: PlaceRange, most: number): PlaceRange | null {
  const [had, has] = [widthOf(before), widthOf(next)];
  if (has <= most * (1 + SLACK)) return null;
  if (had > most) return { from: next.to - most + 1, to: next.to };
  const share = (most - had) / (has - had);
  return {
    from: before.from + share * (next.from - before.from),
    to: before.to + share * (next.to - before.to),
  };
}
