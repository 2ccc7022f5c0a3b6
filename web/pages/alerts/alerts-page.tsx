import { useState } from "preact/hooks";
import type { KeptAlertRule } from "../../../src/protocol/answers/alerts.ts";
import { type Draft, draftOf, EMPTY_DRAFT } from "../../data/alerts/draft.ts";
import { draftInAddress } from "../../data/alerts/draft-address.ts";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { replace } from "../shell/link.tsx";
import { TopBar } from "../shell/top-bar.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { ActiveAlerts } from "./active-alerts.tsx";
import { Changes } from "./changes.tsx";
import { NoticeSwitch } from "./notice-switch.tsx";
import { RuleEditor } from "./rule-editor.tsx";
import { Rules } from "./rules.tsx";
import { Webhooks } from "./webhooks.tsx";

const ACTIVE_MS = 3_000;
const RULES_MS = 30_000;
/** It is read from Postgres, and each question keeps that awake. */
const HISTORY_MS = 15_000;
const HISTORY = 50;

/** What fires and what is pending, the rules, and what they have said. */
export function AlertsPage({ desk }: { desk: Desk }) {
  const { api, clock } = desk;
  /** Each change of a rule has the list asked anew. */
  const [changes, setChanges] = useState(0);
  const [draft, setDraft] = useState<Draft | null>(() => draftInAddress(location.search));
  /** Of a rule that there is already. */
  const [isKept, setKept] = useState(false);
  const active = useAnswer(
    desk,
    () => api.alerts(),
    () => ACTIVE_MS,
    [api],
  );
  const rules = useAnswer(desk, api.alertRules, () => RULES_MS, [api, changes]);
  const history = useAnswer(
    desk,
    () => api.alertHistory({ limit: HISTORY }),
    () => HISTORY_MS,
    [api, changes],
  );
  const open = (next: Draft | null, isOfRule: boolean) => {
    setDraft(next);
    setKept(isOfRule);
    // A form that was put away does not come back with a reload.
    if (location.search !== "") replace(location.pathname);
  };
  const changed = () => {
    open(null, false);
    setChanges((count) => count + 1);
  };
  return (
    <div class="page">
      <TopBar {...{ desk, page: "alerts" }} />
      <main class="desk-page">
        <h1>Alerts</h1>
        <ActiveAlerts told={active} clock={clock} />
        <NoticeSwitch notices={desk.notices} />
        <section>
          <div class="section-head">
            <h2>Rules</h2>
            {draft === null && rules.value !== null && (
              <button
                class="button is-quiet"
                type="button"
                onClick={() => open(EMPTY_DRAFT, false)}
              >
                New rule
              </button>
            )}
          </div>
          {draft !== null && (
            <RuleEditor
              key={draft.name}
              {...{ desk, draft }}
              isNew={!isKept}
              names={rules.value?.rules.map(({ name }) => name) ?? []}
              onDone={changed}
              onCancel={() => open(null, false)}
            />
          )}
          <FailureWords failure={rules.failure} />
          {rules.value !== null && (
            <Rules
              rules={rules.value.rules}
              alerts={active.value?.alerts ?? []}
              {...{ desk }}
              onEdit={(rule: KeptAlertRule) => open(draftOf(rule), true)}
              onChanged={changed}
            />
          )}
        </section>
        <section class="webhooks">
          <h2>Webhooks</h2>
          <Webhooks desk={desk} rules={rules.value?.rules ?? []} />
        </section>
        <section>
          <h2>What they said</h2>
          <FailureWords failure={history.failure} />
          {history.value !== null && (
            <Changes changes={history.value.changes} nowMs={clock.nowMs()} zone={clock.zone} />
          )}
        </section>
      </main>
    </div>
  );
}
