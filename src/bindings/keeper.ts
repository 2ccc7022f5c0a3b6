import type { HostName, Placement } from "../core/placement/placement.ts";
import type { AlertRule } from "../protocol/alerts/rule.ts";
import type { AlertCatalog, KeptRule, RulePut, RulesSet } from "./alerts.ts";

/** What the other objects and the Worker may ask of the Keeper. */
export interface KeeperCalls extends Rpc.DurableObjectBranded {
  /** Something was stored. `isLate`: some of it belongs to buckets that may have been rolled up. Gives when it looks, in ms. */
  stored(isLate: boolean): Promise<number>;
  /** The database has said who it is. Returns at once; where it is another one, rooms are asked to look. */
  databaseIs(identity: string): void;
  /** Every host that anything is on by the present placement. */
  hosts(): Promise<HostName[]>;
  /** Every host that anything is or was on, as far as placements tell. */
  hostsEver(): Promise<HostName[]>;
  /**
   * A host says by which settings it lives; `host` is null where nothing is on it yet. Where they are not those that were said
   * last, they are the newest from now on. `earlier`: every placement before them, in order.
   */
  announce(host: HostName | null, placement: Placement): { earlier: Placement[] };
  /** The next hosts of one symbol that have had something, in order, wherever their symbols are now. */
  ownHostsAfter(host: HostName | "", most: number): HostName[];
  /** Every rule of alerts, by name. */
  keptRules(): KeptRule[];
  /** The rule of a name; null where there is none. */
  keptRule(name: string): KeptRule | null;
  /** The rules that are for a host, which is told of others from now on. */
  alertRules(host: HostName): AlertCatalog;
  /** Durable when it answers. */
  putRule(rule: AlertRule): Promise<RulePut>;
  /**
   * Has these be all the rules that whoever is for `granted` covers, which is null for every symbol. Durable when it answers.
   * `waiting`: hosts that have not heard of it yet.
   */
  setRules(
    rules: readonly AlertRule[],
    granted: readonly string[] | null,
  ): Promise<RulesSet & { waiting: number }>;
  /** False where there is none of that name. */
  removeRule(name: string): Promise<boolean>;
}

/** Name of the one Keeper. */
export const KEEPER_NAME = "keeper";
