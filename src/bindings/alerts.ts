import type { AlertChange } from "../core/alerts/alert-change.ts";
import type { ActiveAlert } from "../core/alerts/symbol-alerts.ts";
import type { AlertRule } from "../protocol/alerts/rule.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";

/** The rules of a host, or of all. Another number says that some are others. */
export interface AlertCatalog {
  version: number;
  rules: AlertRule[];
}

/** A rule as the Keeper has it, and when it was set. */
export interface KeptRule {
  rule: AlertRule;
  setAtUs: number;
}

/** What came of putting a rule. `waiting`: hosts that have not heard of it yet. */
export type RulePut =
  | { kind: "put"; isNew: boolean; kept: KeptRule; waiting: number }
  | { kind: "full"; most: number };

/**
 * What came of setting all rules at once; names, each list by name. `taken`: these are of rules that the one who asks does not cover.
 */
export type RulesSet =
  | { kind: "set"; made: string[]; changed: string[]; deleted: string[]; unchanged: string[] }
  | { kind: "taken"; names: string[] }
  | { kind: "full"; most: number };

/** An alert of a symbol that is pending or firing. */
export interface HeldAlert extends ActiveAlert {
  symbol: SymbolName;
}

/** What a host says of its alerts. `complete`: it knows all that earlier hosts have said. */
export interface HeldAlerts {
  alerts: HeldAlert[];
  complete: boolean;
}

/** A change that webhooks are to be told: those of these names, or where none are named all. */
export interface AlertNotice {
  change: AlertChange;
  webhooks?: readonly string[];
  /** Of the push that led to it, or made for it where none did; absent where a host of the version before noted it. */
  correlationId?: string;
}
