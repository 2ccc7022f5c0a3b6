import { simpleReturns } from "../../../src/core/statistics/returns.ts";
import type { Risk, RiskAnswer } from "../../../src/protocol/answers/analytics.ts";
import { drawdownsOf, extentOf, histogramOf } from "../../data/analytics/shapes.ts";
import { formatPercent } from "../../data/words/format.ts";
import type { Closes } from "../../feed/analytics/closes.ts";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { useLast } from "../shell/use-last.ts";

const BINS = 40;
/** Of 100: above the highest bar the lines are named. */
const HIGHEST = 78;

/** How far below its height the price was, and how often it made which return, with what it may lose. */
export function RiskCharts(props: {
  desk: Desk;
  answer: RiskAnswer;
  risk: Extract<Risk, { kind: "ok" }>;
  closes: Closes;
}) {
  const { desk, answer, risk, closes: ask } = props;
  const answered = useAnswer(
    desk,
    () => ask([answer.symbol]),
    () => null,
    [ask],
  );
  const [series] = useLast(answered.value) ?? [];
  if (answered.failure !== null) return <FailureWords failure={answered.failure} />;
  if (series === undefined) return <p class="hint">The server is asked for the closes…</p>;
  const closes = series.values;
  const losses = risk.tails.flatMap(({ level, historical: { value_at_risk: loss } }) =>
    loss.value === null ? [] : [{ level, loss: loss.value }],
  );
  return (
    <div class="falls">
      <Drawdown closes={closes} />
      <Returns returns={simpleReturns(closes)} losses={losses} />
    </div>
  );
}

function Drawdown({ closes }: { closes: readonly number[] }) {
  const falls = drawdownsOf(closes);
  const { low: deepest } = extentOf([0, ...falls]);
  const line = falls.map((fall, at) => {
    const x = (at / Math.max(1, falls.length - 1)) * 100;
    return `${x.toFixed(2)} ${(deepest === 0 ? 0 : (fall / deepest) * 100).toFixed(2)}`;
  });
  return (
    <figure class="shape">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="Drawdown">
        <path class="fall" d={`M0 0L${line.join("L")}L100 0z`} />
      </svg>
      <figcaption class="dim">
        How far each close is below the highest before it: from 0 % (above) to{" "}
        {formatPercent(deepest)} (below).
      </figcaption>
    </figure>
  );
}

function Returns(props: {
  returns: readonly number[];
  losses: readonly { level: number; loss: number }[];
}) {
  const { returns, losses } = props;
  const { low, high, counts } = histogramOf(returns, BINS);
  const { high: most } = extentOf([1, ...counts]);
  const width = 100 / BINS;
  return (
    <figure class="shape">
      <div>
        <svg
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          role="img"
          aria-label={`${returns.length} returns`}
          data-testid="histogram"
          data-returns={returns.length}
        >
          {counts.map((count, at) => {
            const height = (count / most) * HIGHEST;
            return (
              <rect key={at} x={at * width} y={100 - height} width={width * 0.85} height={height} />
            );
          })}
        </svg>
        {high > low &&
          losses.map(({ level, loss }, at) => (
            <span
              key={level}
              class="loss"
              data-testid="loss-line"
              style={{
                left: `${((-loss - low) / (high - low)) * 100}%`,
                // The farthest left is named first, so that no line runs through a name.
                top: `${(losses.length - 1 - at) * 1.5}em`,
              }}
            >
              VaR {level * 100} %: {formatPercent(loss)}
            </span>
          ))}
      </div>
      <figcaption class="dim">
        How many returns are how large: from {formatPercent(low)} (left) to {formatPercent(high)}{" "}
        (right).
      </figcaption>
    </figure>
  );
}
