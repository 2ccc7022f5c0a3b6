import type { MetricNamesAnswer } from "../../../src/protocol/answers/answers.ts";
import { AGGREGATES, type Aggregate } from "../../../src/protocol/words/aggregate.ts";
import { type PanelQuestion, symbolsOf } from "../../data/explore/explore-state.ts";
import { labelsOf, metricsOf } from "../../data/explore/why-empty.ts";
import type { Desk } from "../shell/desk.ts";
import { Field } from "./field.tsx";

/** What a panel asks, to be changed field by field, and what can be taken from it. */
export function PanelForm(props: {
  desk: Desk;
  question: PanelQuestion;
  number: number;
  names: MetricNamesAnswer["metrics"] | null;
  onChange(question: PanelQuestion): void;
  onRemove: (() => void) | null;
  onPng: (() => void) | null;
  onCsv: (() => void) | null;
}) {
  const { desk, question, number, names, onChange, onRemove, onPng, onCsv } = props;
  const { symbols, metric, labels, agg } = question;
  const put = (change: Partial<PanelQuestion>) => onChange({ ...question, ...change });
  const known = desk.symbols.list.map(({ symbol }) => symbol);
  return (
    <div class="explore-form">
      <Field
        label="Symbols"
        value={symbols.join(",")}
        // A list is completed by its last symbol.
        offered={known.map((one) => [...symbols.slice(0, -1), one].join(","))}
        id={`panel-${number}`}
        onCommit={(text) => put({ symbols: symbolsOf(text) })}
      />
      <Field
        label="Metric"
        value={metric}
        offered={metricsOf(names)}
        id={`panel-${number}`}
        onCommit={(text) => put({ metric: text })}
      />
      <Field
        label="Labels"
        value={labels}
        hint="venue:xnas"
        offered={labelsOf(names, metric)}
        id={`panel-${number}`}
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
      <div class="explore-takes">
        {(
          [
            ["PNG", onPng],
            ["CSV", onCsv],
            ["Remove", onRemove],
          ] as const
        ).map(
          ([words, act]) =>
            act !== null && (
              <button
                key={words}
                class="button is-quiet"
                type="button"
                aria-label={`${words}: panel ${number}`}
                onClick={act}
              >
                {words}
              </button>
            ),
        )}
      </div>
    </div>
  );
}
