import { configOf } from "../config.ts";
import { fewAtOnce } from "../core/limits/few-at-once.ts";
import { type HostName, hostOf, type Placement } from "../core/placement/placement.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import type { Env } from "./env.ts";
import { hostAt } from "./objects.ts";

/** Hosts that one request asks at once. A new one is a file and its syncs, and others wait for those behind it. */
const HOSTS_AT_ONCE = 32;
/**
 * Hosts that one request may be over: as many as symbols may share, so that only symbols with hosts of their own can be on more. A
 * push calls each at most three times (`admits`, `append`, `untilStored`), and Cloudflare lets a request make 10,000 calls.
 */
export const MOST_HOSTS = 1_024;
/** Hosts that a list of all symbols asks, once each. */
export const MOST_LISTED_HOSTS = 8_192;

/** The rooms of all symbols, each on its host. */
export class Rooms {
  readonly placement: Placement;
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
    this.placement = configOf(env);
  }

  /** The host that a symbol is on. */
  hostOf(symbol: SymbolName) {
    return this.hostAt(hostOf(symbol, this.placement));
  }

  hostAt(host: HostName) {
    return hostAt(this.#env, host);
  }

  /** Items with the hosts that their symbols are on, in the order of each host's first one. */
  byHost<Item>(
    items: readonly Item[],
    symbolOf: (item: Item) => SymbolName,
  ): { host: HostName; items: Item[] }[] {
    const groups = new Map<HostName, Item[]>();
    for (const item of items) {
      const host = hostOf(symbolOf(item), this.placement);
      const group = groups.get(host);
      if (group === undefined) groups.set(host, [item]);
      else group.push(item);
    }
    return Array.from(groups, ([host, items]) => ({ host, items }));
  }
}

/** What `ask` answers for each, in their order; not too many hosts are asked at once. */
export function askHosts<Asked, Answer>(
  asked: readonly Asked[],
  ask: (one: Asked) => Promise<Answer>,
): Promise<Answer[]> {
  return fewAtOnce(asked, ask, HOSTS_AT_ONCE);
}
