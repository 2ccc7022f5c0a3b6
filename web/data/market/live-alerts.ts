import type { AlertsAnswer } from "../../../src/protocol/answers/alerts.ts";
import type { LiveSymbol } from "./live-market.ts";

type ActiveAlert = AlertsAnswer["alerts"][number];

/** What fires and what is pending: as the server answered once, and what the stream has told since. */
export function activeAlerts(
  answered: readonly ActiveAlert[],
  symbols: ReadonlyMap<string, Pick<LiveSymbol, "alerts">>,
): ActiveAlert[] {
  const active = new Map(answered.map((alert) => [keyOf(alert), alert]));
  for (const [symbol, { alerts }] of symbols) {
    for (const { kind: _, from: __, ts: since, state, value = null, ...rest } of alerts.values()) {
      const alert = { ...rest, value, since, symbol: symbol as ActiveAlert["symbol"] };
      const known = active.get(keyOf(alert));
      if (known !== undefined && known.since >= since) continue;
      if (state === "inactive") active.delete(keyOf(alert));
      else active.set(keyOf(alert), { ...alert, state });
    }
  }
  return [...active.values()];
}

function keyOf({ symbol, rule, series }: Pick<ActiveAlert, "symbol" | "rule" | "series">): string {
  return JSON.stringify([symbol, rule, series]);
}
