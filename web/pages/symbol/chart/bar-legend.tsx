import type { RefObject } from "preact";
import type { Bar, Interval } from "../../../../src/protocol/events/bar.ts";
import { INTERVAL_SECONDS } from "../../../../src/protocol/words/interval.ts";
import type { ToldIndicator } from "../../../charts/indicator-lines.ts";
import { lineVariable } from "../../../charts/theme.ts";
import { type ChartMark, markWords } from "../../../data/tables/chart-marks.ts";
import { changeOf, NOT_POSITIVE } from "../../../data/words/change.ts";
import { type Digits, grouped } from "../../../data/words/digits.ts";
import { formatChange, formatPrice, formatVolume } from "../../../data/words/format.ts";

/** Marks whose words stand beside the numbers of their bar. */
const MOST_WORDS = 3;

/** The numbers of a bar, and the words of its marks. */
export function BarLegend(props: {
  bar: Bar;
  marks: readonly ChartMark[];
  indicators: readonly ToldIndicator[];
  digits: Digits;
  box: RefObject<HTMLDivElement | null>;
}) {
  const { bar, marks, indicators, digits } = props;
  const direction = bar.close >= bar.open ? "is-up" : "is-down";
  const change = changeOf(bar.open, bar.close);
  return (
    <div class="bar-legend" aria-hidden="true" ref={props.box}>
      {(["open", "high", "low", "close"] as const).map((field) => (
        <span key={field}>
          {field[0]?.toUpperCase()} <b class={direction}>{formatPrice(bar[field], digits)}</b>
        </span>
      ))}
      <span>
        {change === null ? (
          <b title={NOT_POSITIVE}>—</b>
        ) : (
          <b class={direction}>{formatChange(change)}</b>
        )}
      </span>
      <span>
        Vol <b>{formatVolume(bar.volume)}</b>
      </span>
      <span class="is-wide">
        Trades <b>{bar.trades === undefined ? "—" : grouped(bar.trades, 0)}</b>
      </span>
      {indicators.map(({ name, colour, value }) => (
        <span key={name} style={{ color: lineVariable(colour) }}>
          {name} <b>{Number.isFinite(value) ? formatPrice(value, digits) : "—"}</b>
        </span>
      ))}
      <div class="marks">
        {marks.slice(0, MOST_WORDS).map((mark, at) => (
          <span key={at}>{markWords(mark, digits)}</span>
        ))}
        {marks.length > MOST_WORDS && <span>and {marks.length - MOST_WORDS} more</span>}
      </div>
    </div>
  );
}

/** The marks within a bar, in time. */
export function marksIn(
  { ts }: Bar,
  { marks, interval }: { marks: readonly ChartMark[]; interval: Interval },
): readonly ChartMark[] {
  const endUs = ts + INTERVAL_SECONDS[interval] * 1e6;
  return marks.filter((mark) => mark.ts >= ts && mark.ts < endUs);
}
