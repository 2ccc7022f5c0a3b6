import type * as z from "zod";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { matchesGlob } from "./glob.ts";
import { shardOf } from "./writer-shard.ts";

/** Name of a host: the Durable Object that holds rooms, many or one. */
export type HostName = string & z.$brand<"HostName">;

/** Name of a host that is of one symbol alone: this, and the symbol. */
const OWN = "room:";
/** Name of a host that symbols share: this, and its number. */
const SHARED = "host-";

const SHARED_NAMES: HostName[] = [];

/** Hosts that may share the symbols. */
export const MOST_SHARED_HOSTS = 1_024;

/** Which symbols are on which host. */
export interface Placement {
  /** Shared hosts; 0: each symbol has a host of its own. */
  ROOM_HOSTS: number;
  /** Globs of symbols with a host of their own. */
  ROOM_DEDICATED: readonly string[];
}

/** The host that a symbol is on: pure, so that everybody who has the same settings finds the same one. */
export function hostOf(symbol: SymbolName, placement: Placement): HostName {
  const { ROOM_HOSTS: hosts, ROOM_DEDICATED: dedicated } = placement;
  if (hosts === 0 || dedicated.some((glob) => matchesGlob(glob, symbol))) return ownHost(symbol);
  return sharedHost(hosts === 1 ? 0 : shardOf(symbol, hosts));
}

/** The host that every symbol is on; null where they are on several. */
export function loneHost(placement: Placement): HostName | null {
  return placement.ROOM_HOSTS === 1 && !hasOwnHosts(placement) ? sharedHost(0) : null;
}

/** Are there symbols with a host of their own? Then nobody can say from the settings which hosts there are. */
export function hasOwnHosts({ ROOM_HOSTS: hosts, ROOM_DEDICATED: dedicated }: Placement): boolean {
  return hosts === 0 || dedicated.length > 0;
}

/** The shared hosts, whether or not anything is on them. */
export function sharedHosts({ ROOM_HOSTS: hosts }: Placement): HostName[] {
  return Array.from({ length: hosts }, (_, number) => sharedHost(number));
}

/** Can a symbol be on the host? One that the settings have left out has what was before them, and nothing else. */
export function isHostOf(host: HostName, placement: Placement): boolean {
  const own = symbolOf(host);
  if (own !== null) return hostOf(own, placement) === host;
  return (sharedNumber(host) ?? 0) < placement.ROOM_HOSTS;
}

export function sharedHost(number: number): HostName {
  // Asked for each symbol of each push.
  SHARED_NAMES[number] ??= `${SHARED}${number}` as HostName;
  return SHARED_NAMES[number];
}

/** Number of a host that symbols share; null where it is of one symbol. */
export function sharedNumber(host: HostName): number | null {
  return host.startsWith(SHARED) ? Number(host.slice(SHARED.length)) : null;
}

function ownHost(symbol: SymbolName): HostName {
  return `${OWN}${symbol}` as HostName;
}

/** The symbol that a host is of; null where it is one that symbols share. */
export function symbolOf(host: HostName): SymbolName | null {
  return host.startsWith(OWN) ? (host.slice(OWN.length) as SymbolName) : null;
}
