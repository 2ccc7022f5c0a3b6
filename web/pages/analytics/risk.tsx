import type { Figure, RiskAnswer, Risk as Told } from "../../../src/protocol/answers/analytics.ts";
import type { Subject } from "../../data/analytics/analytics-state.ts";
import type { FigureId } from "../../data/analytics/figure-id.ts";
import { timeText } from "../../data/times/times.ts";
import { grouped } from "../../data/words/digits.ts";
import { formatChange, formatPercent, formatValue } from "../../data/words/format.ts";
import type { Closes, KeptCloses } from "../../feed/analytics/closes.ts";
import type { Desk } from "../shell/desk.ts";
import { Defined } from "./defined.tsx";
import { RiskCharts } from "./risk-charts.tsx";
import { Section } from "./section.tsx";
import { useAnalysis } from "./use-analysis.ts";

type Known = Extract<Told, { kind: "ok" }>;

/** Return and risk of one symbol's closes. */
export function Risk(props: { desk: Desk; looked: Subject; closes: KeptCloses }) {
  const { desk, looked, closes } = props;
  const { subject: symbol, interval, from } = looked;
  const answered = useAnalysis(desk, () => desk.api.risk({ symbol, interval, from }), [
    ...[symbol, interval, from],
  ]);
  return (
    <Section zone={desk.clock.zone} name={`Risk of ${symbol}`} answered={answered}>
      {(answer) => <Found {...{ desk, answer }} closes={closes(answer)} />}
    </Section>
  );
}

function Found(props: { desk: Desk; answer: RiskAnswer; closes: Closes }) {
  const { desk, answer, closes } = props;
  const { risk } = answer;
  const timeOf = (us: number) => timeText("dateMinute", us / 1_000, desk.clock.zone);
  switch (risk.kind) {
    case "ok":
      return (
        <>
          <p class="summary">
            {risk.observations} returns of {answer.interval} from {timeOf(risk.first)} to{" "}
            {timeOf(risk.last)}; a year has {grouped(answer.periods_per_year, 0)} of them.
          </p>
          <Cards
            {...{ risk, timeOf }}
            isShort={risk.observations * MONTHS < answer.periods_per_year}
          />
          <Tails risk={risk} />
          <RiskCharts key={answer.symbol} {...{ desk, answer, risk, closes }} />
        </>
      );
    case "too_little_data":
      return (
        <p class="hint">
          {risk.observations} returns, and {risk.needed} are needed: choose a shorter interval, or
          look further back.
        </p>
      );
    case "not_positive":
      return <p class="hint">A close of zero or below at {timeOf(risk.ts)} has no return.</p>;
    default:
      return risk satisfies never;
  }
}

/** Of a year. */
const MONTHS = 12;

const CARDS: readonly [
  Exclude<FigureId & keyof Known, "max_drawdown">,
  string,
  (value: number) => string,
][] = [
  ["total_return", "Total return", formatChange],
  ["annualised_return", "A year's return", formatChange],
  ["volatility", "A year's volatility", formatPercent],
  ["sharpe", "Sharpe ratio", formatValue],
  ["sortino", "Sortino ratio", formatValue],
  ["calmar", "Calmar ratio", formatValue],
  ["skewness", "Skewness", formatValue],
  ["excess_kurtosis", "Excess kurtosis", formatValue],
];

/** What one mean return is made a year's of: of hours it is noise, as large as the year has periods. */
const OF_A_YEAR: readonly FigureId[] = ["annualised_return", "sharpe", "sortino", "calmar"];

function Cards(props: { risk: Known; timeOf(us: number): string; isShort: boolean }) {
  const { risk, timeOf, isShort } = props;
  const fall = risk.max_drawdown;
  return (
    <ul class="cards" data-testid="risk-cards">
      {CARDS.map(([id, words, write]) => (
        <li key={id}>
          <h3>
            <Defined id={id}>{words}</Defined>
          </h3>
          {isShort && OF_A_YEAR.includes(id) ? (
            <p class="dim">Too short: it needs a month.</p>
          ) : (
            <b class="figure">{written(risk[id], write)}</b>
          )}
        </li>
      ))}
      <li>
        <h3>
          <Defined id="max_drawdown">Deepest drawdown</Defined>
        </h3>
        <b class="figure">{fall.kind === "none" ? "none" : formatChange(fall.depth)}</b>
        {fall.kind === "drawdown" && (
          <p class="dim">
            {timeOf(fall.peak)} – {timeOf(fall.trough)}
          </p>
        )}
      </li>
    </ul>
  );
}

const METHODS = ["historical", "gaussian", "cornish_fisher"] as const;
const METHOD_WORDS = {
  ...{ historical: "Historical", gaussian: "Gaussian", cornish_fisher: "Cornish-Fisher" },
};

function Tails({ risk }: { risk: Known }) {
  return (
    <table class="plain-table figure-table" data-testid="tails">
      <thead>
        <tr>
          <th scope="col">What one return may lose</th>
          {risk.tails.flatMap(({ level }) =>
            (["value_at_risk", "expected_shortfall"] as const).map((id) => (
              <th key={`${id} ${level}`} class="number" scope="col">
                <Defined id={id}>
                  {id === "value_at_risk" ? "VaR" : "Shortfall"} {level * 100} %
                </Defined>
              </th>
            )),
          )}
        </tr>
      </thead>
      <tbody>
        {METHODS.map((method) => (
          <tr key={method}>
            <th scope="row">
              <Defined id={method}>{METHOD_WORDS[method]}</Defined>
              {risk.tails.some((tail) => method === "cornish_fisher" && !tail[method].holds) &&
                " (outside its domain)"}
            </th>
            {risk.tails.flatMap((tail) =>
              (["value_at_risk", "expected_shortfall"] as const).map((id) => (
                <td key={`${id} ${tail.level}`} class="number">
                  {written(tail[method][id], formatPercent)}
                </td>
              )),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const REASONS = {
  zero_volatility: "nothing moves",
  no_downside: "nothing lost",
  no_drawdown: "no drawdown",
  overflow: "too large",
};

function written(figure: Figure, write: (value: number) => string): string {
  return figure.value === null ? REASONS[figure.reason] : write(figure.value);
}
