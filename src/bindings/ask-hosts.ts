import { configOf } from "../config.ts";
import { fewAtOnce } from "../core/few-at-once.ts";
import { type HostName, hostOf } from "../core/placement.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Env } from "./env.ts";
import { hostAt } from "./objects.ts";

/** Hosts that one request asks at once. A new one is a file and its syncs, and others wait for those behind it. */
const HOSTS_AT_ONCE = 32;

/** The host that a symbol is on. */
export function hostOfSymbol(env: Env, symbol: SymbolName) {
  return hostAt(env, hostOf(symbol, configOf(env)));
}

/** Items with the hosts that their symbols are on, in the order of each host's first one. */
export function byHost<Item>(
  env: Env,
  items: readonly Item[],
  symbolOf: (item: Item) => SymbolName,
): { host: HostName; items: Item[] }[] {
  const config = configOf(env);
  const groups = new Map<HostName, Item[]>();
  for (const item of items) {
    const host = hostOf(symbolOf(item), config);
    const group = groups.get(host);
    if (group === undefined) groups.set(host, [item]);
    else group.push(item);
  }
  return Array.from(groups, ([host, items]) => ({ host, items }));
}

/** What `ask` answers for each, in their order; not too many hosts are asked at once. */
export function askHosts<Asked, Answer>(
  asked: readonly Asked[],
  ask: (one: Asked) => Promise<Answer>,
): Promise<Answer[]> {
  return fewAtOnce(asked, ask, HOSTS_AT_ONCE);
}
