import { askHosts } from "../../bindings/ask-hosts.ts";
import { hostAt, keeperAt } from "../../bindings/objects.ts";
import { type HostName, hasOwnHosts, hostOf, sharedHosts } from "../../core/placement.ts";
import type { AppContext } from "../../http/context.ts";
import { takeHosts } from "../../http/limits/descriptors.ts";
import type { SymbolSummary } from "../../protocol/answers.ts";

interface List {
  symbols: SymbolSummary[];
  /** False where something may be missing, as while a host or Postgres cannot be asked. */
  complete: boolean;
}

/** Every symbol of every host, by name. A host that fails takes nothing but its own away; rejects where all of them do. */
export async function listSymbols(c: AppContext): Promise<List> {
  const { hosts, complete } = await hostsOf(c);
  const answers = await askHosts(hosts, (host) => listOf(c, host));
  const lists = answers.filter((answer) => "symbols" in answer);
  const [failure] = answers.filter((answer) => "error" in answer);
  if (failure !== undefined && lists.length === 0) throw failure.error;
  const symbols = lists.flatMap((list) => list.symbols);
  if (hosts.length > 1) symbols.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  const isWhole = failure === undefined && lists.every((list) => list.complete);
  return { symbols, complete: complete && isWhole };
}

/** Which hosts there are: the settings say it, but of those that have one symbol each. */
async function hostsOf(c: AppContext): Promise<{ hosts: HostName[]; complete: boolean }> {
  const config = c.get("config");
  const shared = sharedHosts(config);
  if (!hasOwnHosts(config)) return { hosts: shared, complete: true };
  try {
    const met = await keeperAt(c.env).hosts();
    return { hosts: [...new Set([...shared, ...met])], complete: true };
  } catch (error) {
    warn(c, "keeper_unreachable", error);
    return { hosts: shared, complete: false };
  }
}

async function listOf(c: AppContext, host: HostName): Promise<List | { error: unknown }> {
  // A list of all must not open more hosts than this machine can hold.
  if (!(await takeHosts(c, [host], "read"))) return { symbols: [], complete: false };
  try {
    const { symbols, complete } = await hostAt(c.env, host).list();
    // It may still have what is placed elsewhere now.
    const config = c.get("config");
    return { symbols: symbols.filter(({ symbol }) => hostOf(symbol, config) === host), complete };
  } catch (error) {
    warn(c, "host_unreachable", error, { host });
    return { error };
  }
}

function warn(
  c: AppContext,
  event: string,
  error: unknown,
  fields: { host?: HostName } = {},
): void {
  const detail = String(error);
  c.get("log").warn(event, { correlation_id: c.get("correlationId"), ...fields, detail });
}
