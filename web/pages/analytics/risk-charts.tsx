import { useMemo } from "preact/hooks";
import { simpleReturns } from "../../../src/core/statistics/returns.ts";
import type { Risk, RiskAnswer } from "../../../src/protocol/answers/analytics.ts";
import { drawdownsOf, histogramOf } from "../../data/analytics/shapes.ts";
import { closesOf } from "../../feed/analytics/closes.ts";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { percent } from "./defined.tsx";

const BINS = 40;

/** How far below its height the price was, and how often it made which return, with what it may lose. */
export function RiskCharts(props: {
  desk: Desk;
  answer: RiskAnswer;
  risk: Extract<Risk, { kind: "ok" }>;
}) {
  const { desk, answer, risk } = props;
  const { symbol, interval, from, to } = answer;
  const ask = useMemo(() => closesOf(desk.api, { interval, from, to }), [interval, from, to]);
  const { value, failure } = useAnswer(
    desk,
    () => ask([symbol]),
    () => null,
    [ask, symbol],
  );
  if (failure !== null) return <FailureWords failure={failure} />;
  const closes = value?.[0]?.values ?? [];
  if (closes.length < 2) return <p class="hint">Asked…</p>;
  const losses = risk.tails.flatMap(({ level, historical: { value_at_risk: loss } }) =>
    loss.value === null ? [] : [{ level, loss: loss.value }],
  );
  return (
    <div class="falls">
      <Drawdown closes={closes} />
      <Returns closes={closes} losses={losses} />
    </div>
  );
}

function Drawdown({ closes }: { closes: readonly number[] }) {
  const falls = drawdownsOf(closes);
  const deepest = Math.min(...falls);
  const line = falls.map((fall, at) => {
    const x = (at / (falls.length - 1)) * 100;
    return `${x.toFixed(2)} ${(deepest === 0 ? 0 : (fall / deepest) * 100).toFixed(2)}`;
  });
  return (
    <figure class="shape">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="Drawdown">
        <path class="fall" d={`M0 0L${line.join("L")}L100 0z`} />
      </svg>
      <figcaption class="dim">
        Below the height so far: from none (above) to {percent(deepest)} (below).
      </figcaption>
    </figure>
  );
}

function Returns(props: {
  closes: readonly number[];
  losses: readonly { level: number; loss: number }[];
}) {
  const { closes, losses } = props;
  const returns = simpleReturns(closes);
  const { low, high, counts } = histogramOf(returns, BINS);
  const most = Math.max(...counts);
  const width = 100 / BINS;
  return (
    <figure class="shape">
      <svg
        viewBox="0 0 100 100"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${returns.length} returns`}
        data-testid="histogram"
        data-returns={returns.length}
      >
        {counts.map((count, at) => {
          const height = (count / most) * 100;
          return (
            <rect key={at} x={at * width} y={100 - height} width={width * 0.85} height={height} />
          );
        })}
        {high > low &&
          losses.map(({ level, loss }) => (
            <path key={level} class="loss" d={`M${((-loss - low) / (high - low)) * 100} 0v100`} />
          ))}
      </svg>
      <figcaption class="dim">
        How many returns are how large: from {percent(low)} to {percent(high)}. Lines:{" "}
        {losses.map(({ level, loss }) => `VaR ${level * 100} % ${percent(loss)}`).join(", ")}.
      </figcaption>
    </figure>
  );
}
