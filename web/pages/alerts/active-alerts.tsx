import { pathOfSymbol } from "../../data/route.ts";
import { formatAge, formatValue } from "../../data/words/format.ts";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { Link } from "../shell/link.tsx";
import { useAnswer } from "../shell/use-answer.ts";

const AGAIN_MS = 3_000;
const GRAVEST = ["critical", "warning", "info"];

/** What fires and what is pending, the gravest first. */
export function ActiveAlerts({ desk }: { desk: Desk }) {
  const { api, clock } = desk;
  const { value, failure } = useAnswer(desk, api.alerts, () => AGAIN_MS, [api]);
  if (failure !== null && value === null) return <FailureWords failure={failure} />;
  if (value === null) return null;
  const alerts = [...value.alerts].sort(
    (a, b) =>
      Number(b.state === "firing") - Number(a.state === "firing") ||
      GRAVEST.indexOf(a.severity) - GRAVEST.indexOf(b.severity) ||
      b.since - a.since,
  );
  return (
    <>
      {failure !== null && <FailureWords failure={failure} />}
      {!value.complete && <p class="failure">Some rooms could not be asked.</p>}
      {alerts.length === 0 ? (
        <p class="all-well" data-testid="active-alerts">
          Nothing fires and nothing is pending.
        </p>
      ) : (
        <ul class="active-alerts" data-testid="active-alerts">
          {alerts.map((alert) => (
            <li
              key={`${alert.rule} ${alert.symbol} ${alert.series}`}
              class={`is-${alert.state} is-${alert.severity}`}
            >
              <b>{alert.rule}</b>
              <Link to={pathOfSymbol(alert.symbol)} class="in-text">
                {alert.symbol}
              </Link>
              <span class="dim">{alert.series}</span>
              <span>{alert.value === null ? "" : formatValue(alert.value)}</span>
              <span class="dim">
                {alert.state}, {alert.severity}, {formatAge(clock.nowMs() - alert.since / 1_000)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
