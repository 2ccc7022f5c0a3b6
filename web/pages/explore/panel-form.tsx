import type { MetricNamesAnswer } from "../../../src/protocol/answers/answers.ts";
import { AGGREGATES, type Aggregate } from "../../../src/protocol/words/aggregate.ts";
import type { PanelQuestion } from "../../data/explore/explore-state.ts";
import { labelsOf, metricsOf } from "../../data/explore/why-empty.ts";
import { completedSymbols, typedSymbols } from "../../data/symbols/typed-symbols.ts";
import type { Desk } from "../shell/desk.ts";
import { Field } from "./field.tsx";

/** What a panel asks, to be changed field by field. */
export function PanelForm(props: {
  desk: Desk;
  question: PanelQuestion;
  number: number;
  names: MetricNamesAnswer["metrics"] | null;
  onChange(question: PanelQuestion): void;
}) {
  const { desk, question, number, names, onChange } = props;
  const { symbols, metric, labels, agg } = question;
  const put = (change: Partial<PanelQuestion>) => onChange({ ...question, ...change });
  const known = desk.symbols.list.map(({ symbol }) => symbol);
  const id = `panel-${number}`;
  return (
    <div class="explore-form">
      <Field
        {...{ id, label: "Symbols", value: symbols.join(",") }}
        offered={completedSymbols(symbols, known)}
        onCommit={(text) => put({ symbols: typedSymbols(text) })}
      />
      <Field
        {...{ id, label: "Metric", value: metric, offered: metricsOf(names) }}
        onCommit={(text) => put({ metric: text })}
      />
      <Field
        {...{ id, label: "Labels", value: labels, hint: "venue:xnas" }}
        offered={labelsOf(names, metric)}
        onCommit={(text) => put({ labels: text })}
      />
      <label>
        <span>Aggregate</span>
        <select
          class="field"
          value={agg}
          onChange={(event) => put({ agg: event.currentTarget.value as Aggregate })}
        >
          {AGGREGATES.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
    </div>
  );
}
