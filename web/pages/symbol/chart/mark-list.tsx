import { markWords } from "../../../data/tables/chart-marks.ts";
import { formatClock } from "../../../data/words/format.ts";
import { DIRTY } from "../../../feed/dirty.ts";
import { type SymbolView, useRepaint } from "../symbol-view.ts";

/** More would be read to nobody's use. */
const SHOWN = 50;

/** The marks of the chart for who does not see it, the newest first. */
export function MarkList({ view }: { view: SymbolView }) {
  useRepaint(view, DIRTY.orders | DIRTY.notes, 500);
  const { marks, priceDigits } = view.shown();
  if (marks.length === 0) return null;
  return (
    <ul class="sr-only" aria-label="Marks of the chart" data-testid="marks">
      {marks
        .slice(-SHOWN)
        .toReversed()
        .map((mark, at) => {
          const time = formatClock(mark.ts, view.clock.zone);
          const words = markWords(mark, priceDigits);
          return <li key={at}>{`${time} ${words}`}</li>;
        })}
    </ul>
  );
}
