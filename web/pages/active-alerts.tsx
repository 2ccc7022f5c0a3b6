import { useEffect, useState } from "preact/hooks";
import type { AlertsAnswer } from "../../src/protocol/answers/alerts.ts";
import { pathOfSymbol } from "../data/symbols/route.ts";
import { formatAge } from "../data/words/format.ts";
import type { Api } from "../feed/api.ts";
import type { Clock } from "../feed/clock.ts";
import { Link } from "./link.tsx";

/** Asked for so often while somebody looks: each question goes to every host. */
const AGAIN_MS = 60_000;
/** More are told by their number. */
const SHOWN = 8;

type Alert = AlertsAnswer["alerts"][number];

/** What fires and what is about to, of a symbol or of all, the gravest first; nothing where nothing does. */
export function ActiveAlerts(props: { api: Api; clock: Clock; symbol?: string }) {
  const { api, clock, symbol } = props;
  const [alerts, setAlerts] = useState<Alert[]>([]);
  useEffect(() => {
    let isOver = false;
    const look = async () => {
      if (document.visibilityState !== "visible") return;
      const answer = await api.alerts(symbol);
      if (!isOver && answer.kind === "ok") setAlerts(byGravity(answer.value.alerts));
    };
    void look();
    const timer = setInterval(look, AGAIN_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [api, symbol]);
  if (alerts.length === 0) return null;
  return (
    <section class="alerts" aria-label="Alerts">
      {alerts.slice(0, SHOWN).map((alert) => (
        <p
          key={`${alert.rule} ${alert.symbol} ${alert.series}`}
          class={`is-${alert.severity} is-${alert.state}`}
        >
          <span class="alert-severity">{alert.severity}</span>
          {symbol === undefined && <Link to={pathOfSymbol(alert.symbol)}>{alert.symbol}</Link>}
          <b>{alert.rule}</b>
          <span class="alert-message">{alert.message}</span>
          <span class="alert-since">
            {alert.state} for {formatAge(clock.nowMs() - alert.since / 1_000)}
          </span>
        </p>
      ))}
      {alerts.length > SHOWN && <p class="quiet">and {alerts.length - SHOWN} more</p>}
    </section>
  );
}

const GRAVITY = { critical: 0, warning: 1, info: 2 };

function byGravity(alerts: readonly Alert[]): Alert[] {
  return alerts.toSorted(
    (a, b) =>
      Number(a.state === "pending") - Number(b.state === "pending") ||
      GRAVITY[a.severity] - GRAVITY[b.severity],
  );
}
