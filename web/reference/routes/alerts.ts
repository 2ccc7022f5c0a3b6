import { refTo } from "../components.ts";
import type { Answer, DescribedRoute, Parameter } from "../described-route.ts";
import { AFTER, count, range, SYMBOL, text, word } from "../parameters.ts";

const NAME = { ...text("name", "The rule"), in: "path", required: true } as const;
const PATH = "/api/alerts/rules/{name}";
const TARGET = "/api/alerts/rules/high";
const RULE = { symbols: "ACME", on: { price: "last" }, condition: { above: 100 }, for: "10s" };
const OF_SYMBOL: Parameter = {
  ...SYMBOL,
  description: "Of this symbol alone",
  schema: refTo("Symbol"),
};

function json(of: NonNullable<NonNullable<Answer["content"]>["of"]>, description: string): Answer {
  return { description, content: { type: "application/json", of } };
}

/** Rules of alerts, and what they say. */
export const ALERTS: readonly DescribedRoute[] = [
  {
    ...{ method: "put", path: PATH, family: "Operate", scope: "write" },
    summary: "Set a rule of alerts",
    detail:
      "The token must cover the symbols of the rule; a pattern is covered by itself alone. A rule that judges otherwise than before begins anew.",
    parameters: [NAME],
    body: { kind: "object", of: "AlertRulePut", required: true },
    answers: {
      200: json("KeptAlertRule", "It was there, and is this one now."),
      201: json("KeptAlertRule", "It is made."),
    },
    example: { target: TARGET, body: { json: RULE } },
  },
  {
    ...{ method: "put", path: "/api/alerts/rules", family: "Operate", scope: "write" },
    summary: "Set all rules of alerts",
    detail:
      "The list becomes the whole: rules that are not in it are deleted, those that are as they were go on as if nothing had been sent. Where one is wrong none is set. A token for some symbols sets the rules that it covers, and leaves others alone.",
    body: { kind: "object", of: "AlertRulesPut", required: true },
    answers: { 200: json("AlertRulesSet", "What became of each rule, by its name.") },
    example: { target: "/api/alerts/rules", body: { json: [{ name: "high", ...RULE }] } },
  },
  {
    ...{ method: "get", path: "/api/alerts/rules", family: "Operate", scope: "read" },
    summary: "The rules of alerts",
    answers: { 200: json("AlertRulesAnswer", "Those that the token covers, by name.") },
    example: { target: "/api/alerts/rules" },
  },
  {
    ...{ method: "get", path: PATH, family: "Operate", scope: "read" },
    summary: "A rule of alerts",
    parameters: [NAME],
    answers: { 200: json("KeptAlertRule", "The rule, and when it was set.") },
    example: { target: TARGET },
  },
  {
    ...{ method: "get", path: "/api/alerts", family: "Operate", scope: "read" },
    summary: "What is pending or firing now",
    parameters: [
      OF_SYMBOL,
      word("state", "In this state alone", ["any", "pending", "firing"], "any"),
    ],
    answers: { 200: json("AlertsAnswer", "By how long it has been so.") },
    example: { target: "/api/alerts?state=firing" },
  },
  {
    ...{ method: "get", path: "/api/alerts/history", family: "Operate", scope: "read" },
    summary: "What alerts have done, the newest first",
    detail: "As Postgres has it, a moment after the rooms do.",
    parameters: [
      ...[OF_SYMBOL, text("rule", "Of this rule alone"), ...range("everything there is")],
      ...[count("limit", "Most changes of a page", [1, 10_000], 1_000), AFTER],
    ],
    answers: { 200: json("AlertHistoryAnswer", "Changes from one state to another.") },
    example: { target: "/api/alerts/history?from=now-1d" },
  },
  {
    ...{ method: "post", path: "/api/alerts/backtest", family: "Operate", scope: "read" },
    summary: "When a rule would have fired",
    detail:
      "It runs over what is stored, as it would have run over what came. Of books the samples are stored. At most a million events are read.",
    body: { kind: "object", of: "BacktestPush", required: true },
    answers: { 200: json("BacktestAnswer", "Changes from one state to another, oldest first.") },
    example: { target: "/api/alerts/backtest", body: { json: { rule: RULE, from: "now-1d" } } },
  },
  {
    ...{ method: "delete", path: PATH, family: "Operate", scope: "write" },
    summary: "Delete a rule of alerts: what it says is over",
    parameters: [NAME],
    answers: { 204: { description: "It is gone." } },
    example: { target: TARGET },
  },
];
