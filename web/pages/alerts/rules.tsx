import type { AlertsAnswer, KeptAlertRule } from "../../../src/protocol/answers/alerts.ts";
import { wordsOfRule } from "../../data/alerts/draft.ts";
import type { Desk } from "../shell/desk.ts";
import { DO_AGAIN, FailureWords } from "../shell/failure-words.tsx";
import { DeleteButton } from "./delete-button.tsx";
import { useWriting } from "./use-writing.ts";

/** The rules that are set. */
export function Rules(props: {
  desk: Desk;
  rules: readonly KeptAlertRule[];
  /** What fires now, as far as it is known. */
  alerts: AlertsAnswer["alerts"];
  onEdit(rule: KeptAlertRule): void;
  onChanged(): void;
}) {
  const { desk, rules, alerts, onEdit, onChanged } = props;
  const { failure, write } = useWriting(desk);
  if (rules.length === 0) {
    return (
      <p class="dim">
        No rule is set. A rule watches a metric, a price or a silence, as events arrive.
      </p>
    );
  }
  return (
    <>
      <FailureWords failure={failure} again={DO_AGAIN} />
      <table class="plain-table is-stacked" data-testid="alert-rules">
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">Symbols</th>
            <th scope="col">Fires when</th>
            <th scope="col">Severity</th>
            <th scope="col">
              <span class="sr-only">Change it</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.name}>
              <th scope="row">
                {rule.name} {stateOf(rule.name, alerts)}
              </th>
              <td>{rule.symbols}</td>
              <td>{wordsOfRule(rule)}</td>
              <td class={`severity is-${rule.severity ?? "warning"}`}>
                {rule.severity ?? "warning"}
              </td>
              <td class="buttons">
                <button class="button is-quiet" type="button" onClick={() => onEdit(rule)}>
                  Edit
                </button>
                <DeleteButton
                  onDelete={() => write(() => desk.api.deleteAlertRule(rule.name), onChanged)}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** The gravest of what its alerts are now. */
function stateOf(name: string, alerts: AlertsAnswer["alerts"]) {
  const states = alerts.filter(({ rule }) => rule === name).map(({ state }) => state);
  const state = states.includes("firing") ? "firing" : states[0];
  return state && <span class={`state is-${state}`}>{state}</span>;
}
