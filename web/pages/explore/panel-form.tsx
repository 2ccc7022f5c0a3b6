import type { MetricNamesAnswer } from "../../../src/protocol/answers/answers.ts";
import { AGGREGATES, type Aggregate } from "../../../src/protocol/words/aggregate.ts";
import { type PanelQuestion, SOURCES, type Source } from "../../data/explore/explore-state.ts";
import { labelsOf, metricsOf } from "../../data/explore/why-empty.ts";
import { offeredSymbols, typedSymbols } from "../../data/symbols/typed-symbols.ts";
import { holding } from "../../data/words/typed-list.ts";
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
  const { symbols, of, metric, labels, agg } = question;
  const put = (change: Partial<PanelQuestion>) => onChange({ ...question, ...change });
  const id = `panel-${number}`;
  return (
    <div class="explore-form">
      <Field
        {...{ id, label: "Symbols", value: symbols.join(",") }}
        offers={(typed, most) => offeredSymbols(desk.symbols.list, typed, most)}
        onCommit={(text) => put({ symbols: typedSymbols(text) })}
      />
      <label>
        <span>Draw</span>
        <select
          class="field"
          value={of}
          onChange={(event) => put({ of: event.currentTarget.value as Source })}
        >
          {Object.entries(SOURCES).map(([one, words]) => (
            <option key={one} value={one}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {of === "metric" && (
        <>
          <Field
            {...{ id, label: "Metric", value: metric }}
            offers={(typed, most) => holding(metricsOf(names), typed, most)}
            onCommit={(text) => put({ metric: text })}
          />
          <Field
            {...{ id, label: "Labels", value: labels, hint: "venue:xnas" }}
            offers={(typed, most) => holding(labelsOf(names, metric), typed, most)}
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
        </>
      )}
    </div>
  );
}
