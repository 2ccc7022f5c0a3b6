import { useEffect, useState } from "preact/hooks";
import type { AlertsAnswer } from "../../src/protocol/answers/alerts.ts";
import { pathOfSymbol } from "../data/route.ts";
import { formatAge } from "../data/words/format.ts";
import type { Api } from "../feed/api.ts";
import type { Clock } from "../feed/clock.ts";
import { Link } from "./shell/link.tsx";

/** Asked for so often while somebody looks: each question goes to every host. */
const AGAIN_MS = 60_000;
/** More are told by their number. */
const SHOWN = 8;

/** What fires now, of a symbol or of all; nothing where nothing does. */
export function FiringAlerts(props: { api: Api; clock: Clock; symbol?: string }) {
  const { api, clock, symbol } = props;
  const [alerts, setAlerts] = useState<AlertsAnswer["alerts"]>([]);
  useEffect(() => {
    let isOver = false;
    const look = async () => {
      if (document.visibilityState !== "visible") return;
      const answer = await api.firing(symbol);
      if (!isOver && answer.kind === "ok") setAlerts(answer.value.alerts);
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
    <section class="alerts" aria-label="Alerts that fire">
      {alerts.slice(0, SHOWN).map((alert) => (
        <p key={`${alert.rule} ${alert.symbol} ${alert.series}`} class={`is-${alert.severity}`}>
          <b>{alert.rule}</b>{" "}
          {symbol === undefined && <Link to={pathOfSymbol(alert.symbol)}>{alert.symbol}</Link>}{" "}
          {alert.series} {alert.value}{" "}
          <span class="quiet">for {formatAge(clock.nowMs() - alert.since / 1_000)}</span>
        </p>
      ))}
      {alerts.length > SHOWN && <p class="quiet">and {alerts.length - SHOWN} more</p>}
    </section>
  );
}
