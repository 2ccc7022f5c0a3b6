import { Hono } from "hono";
import type { KeptRule } from "../bindings/alerts.ts";
import { keeperAt, notifierAt } from "../bindings/objects.ts";
import { coversRule } from "../core/alerts/rule-identity.ts";
import { accessOf, forbidden, needs, seesOf } from "../http/access/authorize.ts";
import { readObject, unfit } from "../http/body/read-object.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { badParameters, Refusal } from "../http/problems/refusal.ts";
import { Parameters } from "../http/query/parameters.ts";
import {
  type AlertRule,
  alertRulePutSchema,
  alertRulesPutSchema,
  ruleNameSchema,
} from "../protocol/alerts/rule.ts";
import type { AlertRulesSet, KeptAlertRule } from "../protocol/answers/alerts.ts";
import type { ProblemIssue } from "../protocol/answers/problem.ts";
import type { EpochUs } from "../protocol/words/time.ts";

const NO_STORE = { "cache-control": "no-store" };

const TAKEN = "The name is that of a rule for other symbols.";

/** Rules of alerts: one by its name, or all of them at once (SPEC AL-1, AL-13). */
export const alertRuleRoutes = new Hono<AppEnv>()
  .get("/api/alerts/rules", needs("read"), async (c) => {
    new Parameters(c.req.url, [], c.get("nowUs")()).check();
    const rules = (await keeperAt(c.env).keptRules()).filter(({ rule }) => mayTouch(c, rule));
    return c.json({ rules: rules.map((kept) => answerOf(kept)) }, 200, NO_STORE);
  })
  .put("/api/alerts/rules", needs("write"), async (c) => c.json(await setAll(c), 200, NO_STORE))
  .get("/api/alerts/rules/:name", needs("read"), async (c) =>
    c.json(answerOf(await ruleOf(c, nameOf(c))), 200, NO_STORE),
  )
  .put("/api/alerts/rules/:name", needs("write"), async (c) => {
    const name = nameOf(c);
    const { name: said = name, ...push } = await readObject(c, alertRulePutSchema);
    if (said !== name) throw unfit({ path: "name", message: `must be ${name}, as in the address` });
    const rule = { name, ...push };
    const unknown = await unknownWebhooks(c, [rule]);
    if (unknown.length > 0) throw unfit(...unknown.map(({ path, message }) => ({ path, message })));
    coverRule(c, rule);
    const known = await keeperAt(c.env).keptRule(name);
    // What that one is for is not the token's to know.
    if (known !== null && !mayTouch(c, known.rule)) throw new Refusal(forbidden(TAKEN));
    const put = await keeperAt(c.env).putRule(rule);
    if (put.kind === "full") throw unfit({ path: "name", message: tooMany(put.most) });
    return c.json(answerOf(put.kept, put.waiting), put.isNew ? 201 : 200, NO_STORE);
  })
  .delete("/api/alerts/rules/:name", needs("write"), async (c) => {
    const { rule } = await ruleOf(c, nameOf(c));
    coverRule(c, rule);
    await keeperAt(c.env).removeRule(rule.name);
    return c.body(null, 204);
  });

/** Sets all rules of a file; where one is wrong none is set, and each fault is said. @throws Refusal */
async function setAll(c: AppContext): Promise<AlertRulesSet> {
  const list = await readObject(c, alertRulesPutSchema);
  const rules = list.map(({ set_at: _, waiting: __, ...rule }) => rule);
  const unknown = await unknownWebhooks(c, rules);
  const faults = [
    ...namedTwice(rules),
    ...unknown.map(({ at, path, message }) => ({ path: `[${at}].${path}`, message })),
  ];
  if (faults.length > 0) throw unfit(...faults);
  refuseAny(rules, "symbols", "are not the token's", (rule) => !mayTouch(c, rule));
  const set = await keeperAt(c.env).setRules(rules, accessOf(c).grant.symbols);
  if (set.kind === "full") throw unfit({ path: "body", message: tooMany(set.most) });
  if (set.kind === "taken") {
    const taken = new Set(set.names);
    refuseAny(rules, "name", "is that of a rule for other symbols", ({ name }) => taken.has(name));
    throw new Error("a name is taken that nobody gave");
  }
  const { made, changed, deleted, unchanged, waiting } = set;
  return { made, changed, deleted, unchanged, ...(waiting > 0 && { waiting }) };
}

function namedTwice(rules: readonly AlertRule[]): ProblemIssue[] {
  const places = new Map<string, number>();
  return rules.flatMap(({ name }, at) => {
    const before = places.get(name);
    if (before === undefined) places.set(name, at);
    const message = `is that of [${before}] too: each rule has a name of its own`;
    return before === undefined ? [] : [{ path: `[${at}].name`, message }];
  });
}

/**
 * A slip in a name would have nobody told. `at`: which rule has it. Which webhooks there are is for tokens of all symbols alone (SPEC
 * WH-1), so to any other a slip and a webhook are one.
 */
async function unknownWebhooks(
  c: AppContext,
  rules: readonly AlertRule[],
): Promise<(ProblemIssue & { at: number })[]> {
  if (seesOf(c) !== null || rules.every(({ webhooks = [] }) => webhooks.length === 0)) return [];
  const known = new Set((await notifierAt(c.env).webhooks()).map(({ name }) => name));
  return rules.flatMap(({ webhooks = [] }, at) =>
    webhooks.flatMap((name, nth) => {
      const message = `names no webhook: PUT /api/alerts/webhooks/${name} makes it`;
      return known.has(name) ? [] : [{ at, path: `webhooks[${nth}]`, message }];
    }),
  );
}

function tooMany(most: number): string {
  return `would be one of more than ${most} rules (LIMIT_ALERT_RULES): delete another`;
}

/** The rule of that name, which the token may see. @throws Refusal where there is none. */
async function ruleOf(c: AppContext, name: string): Promise<KeptRule> {
  const found = await keeperAt(c.env).keptRule(name);
  if (found !== null && mayTouch(c, found.rule)) return found;
  throw new Refusal({
    ...{ status: 404, type: "no-such-rule", title: "No such rule" },
    detail: `There is no rule ${name}: PUT /api/alerts/rules/${name} makes one.`,
  });
}

function nameOf(c: AppContext): string {
  const { data, error } = ruleNameSchema.safeParse(c.req.param("name"));
  if (data !== undefined) return data;
  throw badParameters({ path: "name", message: error?.issues[0]?.message ?? "is no name" });
}

function mayTouch(c: AppContext, rule: AlertRule): boolean {
  return coversRule(accessOf(c).grant.symbols, rule);
}

function coverRule(c: AppContext, rule: AlertRule): void {
  if (!mayTouch(c, rule)) throw new Refusal(forbidden(`The token is not for ${rule.symbols}.`));
}

/** @throws Refusal where the token is not for one of them, with the place of each. */
function refuseAny(
  rules: readonly AlertRule[],
  field: "symbols" | "name",
  message: string,
  isRefused: (rule: AlertRule) => boolean,
): void {
  const errors = rules.flatMap((rule, at) =>
    isRefused(rule) ? [{ path: `[${at}].${field}`, message: `${rule[field]} ${message}` }] : [],
  );
  if (errors.length === 0) return;
  const detail = `The token is not for ${errors.length} of the rules, so none was set.`;
  throw new Refusal({ ...forbidden(detail), errors });
}

function answerOf({ rule, setAtUs }: KeptRule, waiting = 0): KeptAlertRule {
  return { ...rule, set_at: setAtUs as EpochUs, ...(waiting > 0 && { waiting }) };
}
