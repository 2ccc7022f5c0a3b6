import { askHosts } from "../../bindings/rooms.ts";
import { hostOf } from "../../core/placement/placement.ts";
import type { AlertsAnswer } from "../../protocol/answers/alerts.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { hostsOf, type ListSources } from "../rooms/list-symbols.ts";

export interface ActiveQuery {
  /** Null: of all. */
  symbol: SymbolName | null;
  state: "pending" | "firing" | null;
  /** Null: whoever asks may see all. */
  sees: ((symbol: string) => boolean) | null;
}

/**
 * What is pending or firing now, that has been so for longest first. A host that fails takes nothing but its own away; `complete`
 * is false then, and where one does not know yet what an earlier host has said.
 */
export async function readActiveAlerts(
  sources: ListSources,
  { symbol, state, sees }: ActiveQuery,
): Promise<AlertsAnswer> {
  const { rooms, mayOpen, failed } = sources;
  const { placement } = rooms;
  const asked =
    symbol === null
      ? await hostsOf(sources)
      : { hosts: [hostOf(symbol, placement)], complete: true };
  let isComplete = asked.complete;
  const answers = await askHosts(asked.hosts, async (host) => {
    if (!(await mayOpen(host))) return null;
    try {
      const held = await rooms.hostAt(host).activeAlerts(symbol);
      isComplete &&= held.complete;
      return held.alerts.filter((alert) => hostOf(alert.symbol, placement) === host);
    } catch (error) {
      failed("host_unreachable", error, { host });
      return null;
    }
  });
  const alerts = answers
    .flatMap((answer) => answer ?? [])
    .filter((alert) => (state === null || alert.state === state) && sees?.(alert.symbol) !== false)
    .sort((a, b) => a.sinceUs - b.sinceUs)
    .map(({ symbol: of, rule, series, sinceUs, ...rest }) => ({
      ...{ symbol: of, rule },
      ...(series !== null && { series }),
      ...{ state: rest.state, since: sinceUs as EpochUs, value: rest.value },
      // A host of the version before says none, during a deploy.
      ...{ severity: rest.severity, message: rest.message ?? rule },
    }));
  return { alerts, complete: isComplete && !answers.includes(null) };
}
