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

/**
 * What is told of changes that came in their order: of an alert that changed more than twice at one moment, as within one commit, the first
 * change and where it came to. So a push tells of an alert twice at most, and no two changes have one name.
 */
export function toldOf(changes: readonly AlertChange[]): AlertChange[] {
  const groups = new Map<string, AlertChange[]>();
  for (const change of changes) {
    const { rule, symbol, series = "", atUs } = change;
    const key = `${rule}/${symbol}/${series}/${atUs}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else if (group.length === 1) group.push(change);
    else group[1] = change;
  }
  return [...groups.values()].flatMap(([first, last]) => {
    if (first === undefined || last === undefined) return first ?? [];
    return last.to === first.to ? [first] : [first, { ...last, from: first.to }];
  });
}
