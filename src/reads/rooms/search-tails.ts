import type { TailFound } from "../../bindings/host.ts";
import { askHosts } from "../../bindings/rooms.ts";
import { type HostName, hostOf } from "../../core/placement/placement.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { hostsOf, type ListSources } from "./list-symbols.ts";

/** Most hosts that are looked through: where each symbol has one, what they all have is much. */
const MOST_HOSTS = 256;

/**
 * Frames whose text holds `text` and which Postgres does not surely have, of the hosts of `symbols`, or of all. Ask it before
 * Postgres: what is stored meanwhile is then found twice, and not missed. `complete` is false where something could not be looked
 * through.
 */
export async function searchTails(
  sources: ListSources,
  text: string,
  symbols: readonly SymbolName[] | null,
): Promise<TailFound> {
  const { hosts, complete } = await hostsFor(sources, symbols);
  const answers = await askHosts(hosts.slice(0, MOST_HOSTS), (host) => ask(sources, host, text));
  return {
    frames: answers.flatMap(({ frames }) => frames),
    complete: complete && hosts.length <= MOST_HOSTS && answers.every((answer) => answer.complete),
  };
}

async function hostsFor(
  sources: ListSources,
  symbols: readonly SymbolName[] | null,
): Promise<{ hosts: HostName[]; complete: boolean }> {
  if (symbols === null) return hostsOf(sources);
  const hosts = new Set(symbols.map((symbol) => hostOf(symbol, sources.rooms.placement)));
  return { hosts: [...hosts], complete: true };
}

async function ask(
  { rooms, mayOpen, failed }: ListSources,
  host: HostName,
  text: string,
): Promise<TailFound> {
  if (!(await mayOpen(host))) return { frames: [], complete: false };
  try {
    return await rooms.hostAt(host).searchTail(text);
  } catch (error) {
    failed("host_unreachable", error, { host });
    return { frames: [], complete: false };
  }
}
