import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { AlertLines } from "./alert-lines.tsx";

const AGAIN_MS = 3_000;
const MOST = 200;

/** What fires and what is pending of all symbols, or that nothing does. */
export function ActiveAlerts({ desk }: { desk: Desk }) {
  const { api, clock } = desk;
  const { value, failure } = useAnswer(
    desk,
    () => api.alerts(),
    () => AGAIN_MS,
    [api],
  );
  return (
    <>
      {failure !== null && <FailureWords failure={failure} />}
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
