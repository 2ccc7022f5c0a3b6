import type { AlertEvent } from "../../protocol/events/alert.ts";
import type { EpochUs } from "../../protocol/words/time.ts";

/** What an alert is in: `pending` waits for the rule's `for`, `firing` says it, `inactive` is rest. */
export type AlertState = "inactive" | "pending" | "firing";

/**
 * One alert went from one state to another. A resolved alert is `firing` to `inactive`.
 *
 * `id` is made of rule, symbol, series, state and `atUs`: the same change has the same id, however
 * often it is told. `value` is what the rule read then, null where there was none.
 */
export interface AlertChange {
  id: string;
  rule: string;
  symbol: string;
  series?: string;
  from: AlertState;
  to: AlertState;
  value: number | null;
  /** When it changed, in the time of the log, microseconds. */
  atUs: number;
  message: string;
}

/** The change as an event of its symbol's log. */
export function alertEventOf(change: AlertChange, severity: AlertEvent["severity"]): AlertEvent {
  const { rule, from, to, series, value, atUs, message } = change;
  return {
    ...{ kind: "alert", ts: atUs as EpochUs, rule, from, state: to },
    ...(series !== undefined && { series }),
    ...(value !== null && { value }),
    ...{ severity, message },
  };
}

/** Names a change: the same one has the same name. */
export function alertId(
  rule: string,
  symbol: string,
  series: string | undefined,
  to: AlertState,
  atUs: number,
): string {
  return `${rule}/${symbol}/${series ?? ""}/${to}/${atUs}`;
}

/** Tells an alert of one symbol from its others. */
export function alertKey(alert: { rule: string; series?: string | undefined }): string {
  return `${alert.rule}\u0001${alert.series ?? ""}`;
}

/** Is it one that somebody is told: an alert begins to fire, or has ended? What is pending is nobody's business yet. */
export function isTold({ from, to }: AlertChange): boolean {
  return from !== to && (to === "firing" || from === "firing");
}

/** Changes of the alerts of one symbol, by alert, in their order. */
export type Chains = Map<string, AlertChange[]>;

/**
 * Adds the next change of an alert. Of more than two at one moment, as within one commit, the first is left and where it came to: so a push
 * tells of an alert twice at most, and no two changes have one name.
 */
export function addChange(chains: Chains, change: AlertChange): void {
  const key = alertKey(change);
  const chain = chains.get(key);
  if (chain === undefined) {
    chains.set(key, [change]);
    return;
  }
  const [first, last] = chain.slice(-2);
  if (last === undefined || first?.atUs !== change.atUs || last.atUs !== change.atUs) {
    chain.push(change);
    return;
  }
  chain.pop();
  if (change.to !== first.to) chain.push({ ...change, from: first.to });
}

/** All of them, by time. */
export function changesIn(chains: Chains): AlertChange[] {
  return [...chains.values()].flat().sort((a, b) => a.atUs - b.atUs);
}
