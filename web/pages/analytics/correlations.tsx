import { useState } from "preact/hooks";
import type { CorrelatedPair, CorrelationAnswer } from "../../../src/protocol/answers/analytics.ts";
import type { Subject } from "../../data/analytics/analytics-state.ts";
import { timeText, type ZoneId } from "../../data/times/times.ts";
import { grouped } from "../../data/words/digits.ts";
import type { Closes, KeptCloses } from "../../feed/analytics/closes.ts";
import type { Desk } from "../shell/desk.ts";
import { Defined } from "./defined.tsx";
import { HeatMap } from "./heat-map.tsx";
import { Scatter } from "./scatter.tsx";
import { Section } from "./section.tsx";
import { useAnalysis } from "./use-analysis.ts";

/** How the symbols go together, each pair a cell; the one that is pointed at is told beside. */
export function Correlations(props: { desk: Desk; looked: Subject; closes: KeptCloses }) {
  const { desk, looked, closes } = props;
  const { symbols, interval, from } = looked;
  const names = symbols.join(",");
  const isPair = symbols.length > 1;
  const answered = useAnalysis(
    desk,
    isPair ? () => desk.api.correlation({ symbols: names, interval, from }) : null,
    [names, interval, from],
  );
  if (!isPair) return <p class="hint">Correlations are of two symbols or more.</p>;
  return (
    <Section zone={desk.clock.zone} name="Correlation of returns" answered={answered}>
      {(answer) => <Pairs {...{ desk, answer }} closes={closes(answer)} />}
    </Section>
  );
}

function Pairs(props: { desk: Desk; answer: CorrelationAnswer; closes: Closes }) {
  const { desk, answer, closes } = props;
  const { pairs } = answer;
  const [{ a, b }, setChosen] = useState<{ a: string; b: string }>({ a: "", b: "" });
  const pair =
    pairs.find((one) => one.a === a && one.b === b) ??
    pairs.find(({ correlation }) => correlation.kind === "ok") ??
    pairs[0];
  return (
    <div class="correlations">
      <HeatMap answer={answer} chosen={pair} onChoose={setChosen} />
      {pair !== undefined && (
        <div class="pair" data-testid="pair" aria-live="polite">
          <h3>
            {pair.a} and {pair.b}
          </h3>
          <Told pair={pair} zone={desk.clock.zone} />
          {pair.correlation.kind === "ok" && (
            <Scatter key={`${pair.a},${pair.b}`} {...{ desk, closes, pair }} />
          )}
        </div>
      )}
    </div>
  );
}

function Told({ pair, zone }: { pair: CorrelatedPair; zone: ZoneId }) {
  const { correlation } = pair;
  switch (correlation.kind) {
    case "ok":
      return (
        <p>
          <Defined id="pearson">Pearson</Defined> {grouped(correlation.pearson, 4)},{" "}
          <Defined id="spearman">Spearman</Defined> {grouped(correlation.spearman, 4)}, of{" "}
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
