import type { AlertsAnswer } from "../../../src/protocol/answers/alerts.ts";
import { pathOfSymbol } from "../../data/route.ts";
import { formatAge } from "../../data/words/format.ts";
import type { Clock } from "../../feed/clock.ts";
import { Link } from "../shell/link.tsx";

export type ActiveAlert = AlertsAnswer["alerts"][number];

/** What fires and what is about to, the gravest first. `symbol`: the page is of that symbol alone. `most`: more are told by their number. */
export function AlertLines(props: {
  alerts: readonly ActiveAlert[];
  clock: Clock;
  symbol?: string | undefined;
  most: number;
}) {
  const { alerts, clock, symbol, most } = props;
  return (
    <section class="alerts" aria-label="Alerts" data-testid="active-alerts">
      {byGravity(alerts)
        .slice(0, most)
        .map((alert) => (
          <p
            key={`${alert.rule} ${alert.symbol} ${alert.series}`}
            class={`is-${alert.severity} is-${alert.state}`}
          >
            <span class="alert-severity">{alert.severity}</span>
            {symbol === undefined && (
              <Link to={pathOfSymbol(alert.symbol)} class="in-text">
                {alert.symbol}
              </Link>
            )}
            <b>{alert.rule}</b>
            <span class="alert-message">{alert.message}</span>
            <span class="alert-since">
              {alert.state}
              {sinceWords(clock.nowMs() - alert.since / 1_000)}
            </span>
          </p>
        ))}
      {alerts.length > most && <p class="quiet">and {alerts.length - most} more</p>}
    </section>
  );
}

function sinceWords(ageMs: number): string {
  const age = formatAge(ageMs);
  return age === "now" ? ", just now" : ` for ${age}`;
}

const GRAVITY = { critical: 0, warning: 1, info: 2 };

function byGravity(alerts: readonly ActiveAlert[]): ActiveAlert[] {
  return alerts.toSorted(
    (a, b) =>
      Number(a.state === "pending") - Number(b.state === "pending") ||
      GRAVITY[a.severity] - GRAVITY[b.severity],
  );
}
