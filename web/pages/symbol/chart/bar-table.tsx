import { momentText } from "../../../charts/time-axis.ts";
import { formatPrice, formatVolume } from "../../../data/words/format.ts";
import { DIRTY } from "../../../feed/dirty.ts";
import { type SymbolView, useRepaint } from "../symbol-view.ts";

/** More would be read to nobody's use. */
const SHOWN = 20;
const FIELDS = ["open", "high", "low", "close"] as const;

/** The newest bars for who does not see the chart. Nothing announces it: it is read where one goes there. */
export function BarTable({ view }: { view: SymbolView }) {
  useRepaint(view, DIRTY.bars | DIRTY.allBars, 1_000);
  const { bars, interval, priceDigits } = view.shown();
  if (bars.length === 0) return null;
  return (
    <div class="sr-only">
      <table aria-label="Bars, newest first" data-testid="bar-table">
        <thead>
          <tr>
            {["time", ...FIELDS, "volume"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars
            .slice(-SHOWN)
            .toReversed()
            .map((bar) => (
              <tr key={bar.ts}>
                <th scope="row">{momentText(bar.ts / 1e6, interval, view.clock.zone)}</th>
                {FIELDS.map((field) => (
                  <td key={field}>{formatPrice(bar[field], priceDigits)}</td>
                ))}
                <td>{formatVolume(bar.volume)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
