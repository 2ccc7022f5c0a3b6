import type { AlertRule } from "../../protocol/alerts/rule.ts";
import { undirected } from "../../protocol/words/undirected.ts";
import { shorten } from "../answers/shorten.ts";
import type { AlertState } from "./alert-change.ts";

/** Longest message: a series has up to 2,500 bytes. */
const MAX_CHARS = 500;

export interface Said {
  symbol: string;
  series: string | undefined;
  to: AlertState;
  value: number | null;
}

/** What people are told of a change: the rule's own words, or what is true. */
export function messageOf(rule: AlertRule, said: Said): string {
  const { symbol, series, value } = said;
  if (rule.message === undefined) return shorten(plain(rule, said), MAX_CHARS);
  const words: Record<string, string> = {
    ...{ symbol, series: undirected(series ?? ""), rule: rule.name },
    value: value === null ? "" : String(value),
  };
  const text = rule.message.replace(
    /\{(symbol|series|value|rule)\}/g,
    (_, word) => words[word] ?? "",
  );
  return shorten(text, MAX_CHARS);
}

function plain(rule: AlertRule, { symbol, series, to, value }: Said): string {
  const what = `${symbol} ${undirected(series ?? whatOf(rule.on))}`;
  const is = value === null ? "" : ` is ${value}`;
  return to === "inactive"
    ? `${what}${is}: no longer ${whenOf(rule.condition)}`
    : `${what}${is}: ${whenOf(rule.condition)}`;
}

function whatOf(on: AlertRule["on"]): string {
  if ("metric" in on) return on.metric;
  if ("price" in on) return on.price === "last" ? "last price" : on.price;
  return on.silence === "any" ? "events" : `${on.silence} events`;
}

function whenOf(condition: AlertRule["condition"]): string {
  if ("above" in condition) return `above ${condition.above}`;
  if ("below" in condition) return `below ${condition.below}`;
  if ("stale" in condition) return `stale for ${condition.stale.after}`;
  if ("absent" in condition) return `absent for ${condition.absent.for}`;
  const { by, percent, over, direction = "either way" } = condition.change;
  return `moved by ${by}${percent === true ? " %" : ""} ${direction} within ${over}`;
}
