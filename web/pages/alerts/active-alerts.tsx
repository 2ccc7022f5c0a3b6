import type { AlertsAnswer } from "../../../src/protocol/answers/alerts.ts";
import type { Clock } from "../../feed/clock.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import type { Answered } from "../shell/use-answer.ts";
import { AlertLines } from "./alert-lines.tsx";

const MOST = 200;

/** What fires and what is pending of all symbols, or that nothing does. */
export function ActiveAlerts({ told, clock }: { told: Answered<AlertsAnswer>; clock: Clock }) {
  const { value, failure } = told;
  return (
    <>
      <FailureWords failure={failure} />
      {value?.complete === false && <p class="failure">Some rooms could not be asked.</p>}
      {value !== null && value.alerts.length > 0 && (
        <AlertLines alerts={value.alerts} clock={clock} most={MOST} />
      )}
      {value !== null && value.alerts.length === 0 && (
        <p class="all-well" data-testid="active-alerts">
          Nothing fires and nothing is pending.
        </p>
      )}
    </>
  );
}
