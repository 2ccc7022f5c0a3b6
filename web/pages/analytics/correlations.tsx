import { useState } from "preact/hooks";
import type { CorrelatedPair, CorrelationAnswer } from "../../../src/protocol/answers/analytics.ts";
import type { Subject } from "../../data/analytics/analytics-state.ts";
import { timeText } from "../../data/times/times.ts";
import type { Desk } from "../shell/desk.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { AGAIN_MS, Defined } from "./defined.tsx";
import { Scatter } from "./scatter.tsx";
import { Section } from "./section.tsx";

/** How the symbols go together, each pair a cell; the one that is pointed at is told beside. */
export function Correlations({ desk, looked }: { desk: Desk; looked: Subject }) {
  const { symbols, interval, from } = looked;
  const names = symbols.join(",");
  const answered = useAnswer(
    desk,
    symbols.length < 2 ? null : () => desk.api.correlation({ symbols: names, interval, from }),
    () => AGAIN_MS,
    [desk.api, names, interval, from],
  );
  if (symbols.length < 2) return <p class="hint">Of two symbols or more there are correlations.</p>;
  return (
    <Section zone={desk.clock.zone} name="Correlation of returns" answered={answered}>
      {(answer) => <HeatMap {...{ desk, answer }} />}
    </Section>
  );
}

function HeatMap({ desk, answer }: { desk: Desk; answer: CorrelationAnswer }) {
  const { symbols, pairs } = answer;
  const [chosen, setChosen] = useState("");
  const keyOf = ({ a, b }: CorrelatedPair) => `${a} ${b}`;
  const pair = pairs.find((one) => keyOf(one) === chosen) ?? pairs[0];
  return (
    <div class="correlations">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and without a mouse only what has the focus does */}
      <div class="heat-map" tabIndex={0}>
        <table data-testid="heat-map">
          <thead>
            <tr>
              <td />
              {symbols.slice(0, -1).map((symbol) => (
                <th key={symbol} scope="col">
                  {symbol}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {symbols.slice(1).map((b, at) => (
              <tr key={b}>
                <th scope="row">{b}</th>
                {symbols.slice(0, at + 1).map((a) => {
                  const one = pairs.find((of) => of.a === a && of.b === b);
                  if (one === undefined) return <td key={a} />;
                  const choose = () => setChosen(keyOf(one));
                  return (
                    <td key={a}>
                      <button
                        type="button"
                        aria-label={`${a} and ${b}: ${coefficientOf(one)}`}
                        aria-pressed={one === pair}
                        class={one.correlation.kind === "ok" ? heatOf(one.correlation.pearson) : ""}
                        style={{ "--heat": shareOf(one) }}
                        onMouseEnter={choose}
                        onFocus={choose}
                        onClick={choose}
                      >
                        {coefficientOf(one)}
                      </button>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pair !== undefined && (
        <div class="pair" data-testid="pair" aria-live="polite">
          <h3>
            {pair.a} and {pair.b}
          </h3>
          <Told pair={pair} zone={desk.clock.zone} />
          {pair.correlation.kind === "ok" && (
            <Scatter key={keyOf(pair)} {...{ desk, answer, pair }} />
          )}
        </div>
      )}
    </div>
  );
}

function Told({ pair, zone }: { pair: CorrelatedPair; zone: string }) {
  const { correlation } = pair;
  switch (correlation.kind) {
    case "ok":
      return (
        <p>
          <Defined id="pearson">Pearson</Defined> {correlation.pearson.toFixed(4)},{" "}
          <Defined id="spearman">Spearman</Defined> {correlation.spearman.toFixed(4)}, of{" "}
          {correlation.observations} common returns.
        </p>
      );
    case "too_little_data":
      return (
        <p>
          {correlation.observations} common returns, and {correlation.needed} are needed: choose a
          shorter interval, or look further back.
        </p>
      );
    case "constant":
      return (
        <p>
          The price of {correlation.constant.map((side) => pair[side]).join(" and ")} does not move,
          so nothing goes with it.
        </p>
      );
    case "not_positive":
      return (
        <p>
          {correlation.not_positive.map((side) => pair[side]).join(" and ")} closes at zero or below
          at {timeText("dateMinute", correlation.ts / 1_000, zone)}: there is no return from there.
        </p>
      );
    default:
      return correlation satisfies never;
  }
}

function coefficientOf({ correlation }: CorrelatedPair): string {
  return correlation.kind === "ok" ? correlation.pearson.toFixed(2) : "—";
}

function heatOf(pearson: number): string {
  return pearson < 0 ? "is-against" : "is-together";
}

/** Half at the most, for the number is read on it. */
function shareOf({ correlation }: CorrelatedPair): string {
  const size = correlation.kind === "ok" ? Math.abs(correlation.pearson) : 0;
  return `${(size * 50).toFixed(0)}%`;
}
