import { askHosts, MOST_LISTED_HOSTS, type Rooms } from "../../bindings/rooms.ts";
import { type HostName, hasOwnHosts, hostOf, sharedHosts } from "../../core/placement/placement.ts";
import type { SymbolSummary } from "../../protocol/answers/answers.ts";

export interface ListSources {
  rooms: Rooms;
  /** Every host that anything is on. */
  usedHosts(): Promise<HostName[]>;
  /** A list of all must not open more hosts than this machine can hold. */
  mayOpen(host: HostName): Promise<boolean>;
  failed(event: string, error: unknown, fields?: { host: HostName }): void;
}

interface List {
  symbols: SymbolSummary[];
  /** False where something may be missing, as while a host or Postgres cannot be asked. */
  complete: boolean;
}

/** Every symbol of every host, by name; `asked`: the hosts that were called for it. A host that fails takes nothing but its own away; rejects where all of them do. */
export async function listSymbols(sources: ListSources): Promise<List & { asked: number }> {
  const { hosts, complete } = await hostsOf(sources);
  const answers = await askHosts(hosts, (host) => listOf(sources, host));
  const lists = answers.filter((answer) => "symbols" in answer);
  const [failure] = answers.filter((answer) => "error" in answer);
  if (failure !== undefined && lists.length === 0) throw failure.error;
  const symbols = lists.flatMap((list) => list.symbols);
  if (hosts.length > 1) symbols.sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  const isWhole = failure === undefined && lists.every((list) => list.complete);
  return { symbols, complete: complete && isWhole, asked: hosts.length };
}

/** Which hosts there are: the settings say it, but of those that have one symbol each. */
export async function hostsOf({
  rooms: { placement },
  usedHosts,
  failed,
}: ListSources): Promise<{ hosts: HostName[]; complete: boolean }> {
  const shared = sharedHosts(placement);
  if (!hasOwnHosts(placement)) return { hosts: shared, complete: true };
  try {
    const hosts = [...new Set([...shared, ...(await usedHosts())])];
    return {
      hosts: hosts.slice(0, MOST_LISTED_HOSTS),
      complete: hosts.length <= MOST_LISTED_HOSTS,
    };
  } catch (error) {
    failed("keeper_unreachable", error);
    return { hosts: shared, complete: false };
  }
}

async function listOf(
  { rooms, mayOpen, failed }: ListSources,
  host: HostName,
): Promise<List | { error: unknown }> {
  if (!(await mayOpen(host))) return { symbols: [], complete: false };
  try {
    const { symbols, complete } = await rooms.hostAt(host).list();
    // It may still have what is placed elsewhere now.
    return {
      symbols: symbols.filter(({ symbol }) => hostOf(symbol, rooms.placement) === host),
      complete,
    };
  } catch (error) {
    failed("host_unreachable", error, { host });
    return { error };
  }
}
