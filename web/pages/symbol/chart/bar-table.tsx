import { momentText } from "../../../charts/time-axis.ts";
import { formatPrice, formatVolume } from "../../../data/words/format.ts";
import { DIRTY } from "../../../feed/dirty.ts";
import { ReadingTable } from "../../tables/reading-table.tsx";
import { type SymbolView, useRepaint } from "../symbol-view.ts";

/** More would be read to nobody's use. */
const SHOWN = 20;
const FIELDS = ["open", "high", "low", "close"] as const;

/** The newest bars for who does not see the chart. */
export function BarTable({ view }: { view: SymbolView }) {
  useRepaint(view, DIRTY.bars | DIRTY.allBars, 1_000);
  const { bars, interval, priceDigits } = view.shown();
  if (bars.length === 0) return null;
  const rows = bars.slice(-SHOWN).toReversed();
  return (
    <div class="sr-only">
      <ReadingTable
        label="Bars"
        columns={[...FIELDS, "volume"]}
        rows={rows.map((bar) => ({
          ts: bar.ts,
          time: momentText(bar.ts / 1e6, interval, view.clock.zone),
          cells: [
            ...FIELDS.map((field) => formatPrice(bar[field], priceDigits)),
            formatVolume(bar.volume),
          ],
        }))}
      />
    </div>
  );
}
