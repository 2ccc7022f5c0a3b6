import { Hono } from "hono";
import type { KeptRule } from "../bindings/alerts.ts";
import { keeperAt, notifierAt } from "../bindings/objects.ts";
import { EARLIEST_US, MAX_AHEAD_US } from "../core/time/timestamp.ts";
import { type Place, readPlaceText } from "../db/events/export-place.ts";
import { accessOf, forbidden, needs, seesOf } from "../http/access/authorize.ts";
import { covers } from "../http/access/token.ts";
import { readObject, unfit } from "../http/body/read-object.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { badParameters, Refusal } from "../http/problems/refusal.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { readBacktest } from "../http/query/read-backtest.ts";
import { databaseOf } from "../http/sources/database-of.ts";
import { listSourcesOf } from "../http/sources/list-sources.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import { type AlertRule, alertRulePutSchema, ruleNameSchema } from "../protocol/alerts/rule.ts";
import type { AlertHistoryAnswer, KeptAlertRule } from "../protocol/answers/alerts.ts";
import type { EpochUs } from "../protocol/words/time.ts";
import { readActiveAlerts } from "../reads/alerts/active-alerts.ts";
import { readAlertHistory } from "../reads/alerts/alert-history.ts";
import { backtest } from "../reads/alerts/backtest.ts";

const NO_STORE = { "cache-control": "no-store" };

/** Rules of alerts, what they say now and have said, and what they would have said (SPEC AL-1, AL-11, AL-12). */
export const alertRoutes = new Hono<AppEnv>()
  .get("/api/alerts/rules", needs("read"), async (c) => {
    new Parameters(c.req.url, [], c.get("nowUs")()).check();
    const rules = (await keeperAt(c.env).keptRules()).filter(({ rule }) => mayTouch(c, rule));
    return c.json({ rules: rules.map((kept) => answerOf(kept)) }, 200, NO_STORE);
  })
  .get("/api/alerts/rules/:name", needs("read"), async (c) =>
    c.json(answerOf(await ruleOf(c, nameOf(c))), 200, NO_STORE),
  )
  .put("/api/alerts/rules/:name", needs("write"), async (c) => {
    const name = nameOf(c);
    const { name: said = name, ...push } = await readObject(c, alertRulePutSchema);
    if (said !== name) throw unfit({ path: "name", message: `must be ${name}, as in the address` });
    const rule = { name, ...push };
    await mustKnowWebhooks(c, rule);
    const known = await find(c, name);
    for (const one of [rule, known?.rule]) if (one !== undefined) coverRule(c, one);
    const put = await keeperAt(c.env).putRule(rule);
    if (put.kind === "full") {
      throw unfit({
        path: "name",
        message: `would be one of more than ${put.most} rules (LIMIT_ALERT_RULES): delete another`,
      });
    }
    return c.json(answerOf(put.kept, put.waiting), put.isNew ? 201 : 200, NO_STORE);
  })
  .delete("/api/alerts/rules/:name", needs("write"), async (c) => {
    const { rule } = await ruleOf(c, nameOf(c));
    coverRule(c, rule);
    await keeperAt(c.env).removeRule(rule.name);
    return c.body(null, 204);
  })
  .get("/api/alerts", needs("read"), async (c) => {
    const parameters = new Parameters(c.req.url, ["symbol", "state"], c.get("nowUs")());
    const text = parameters.text("symbol");
    const symbol = text === undefined ? null : parameters.symbol("symbol", text);
    const state = parameters.word("state", ["any", "pending", "firing"], "any");
    parameters.check();
    if (symbol !== null) await admitRead(c, [symbol]);
    const asked = { symbol, state: state === "any" ? null : state, sees: seesOf(c) };
    return c.json(await readActiveAlerts(listSourcesOf(c), asked), 200, NO_STORE);
  })
  .get("/api/alerts/history", needs("read"), async (c) =>
    c.json(await inTurn(c, () => history(c)), 200, NO_STORE),
  )
  .post("/api/alerts/backtest", needs("read"), async (c) => {
    const query = await readBacktest(c);
    await admitRead(c, query.symbols);
    return c.json(await inTurn(c, () => backtest(sourcesOf(c), query)), 200, NO_STORE);
  });

async function history(c: AppContext): Promise<AlertHistoryAnswer> {
  const nowUs = c.get("nowUs")();
  const known = ["symbol", "rule", "from", "to", "precision", "limit", "after"];
  const parameters = new Parameters(c.req.url, known, nowUs);
  const text = parameters.text("symbol");
  const symbol = text === undefined ? null : parameters.symbol("symbol", text);
  const range = parameters.range(nowUs + MAX_AHEAD_US + 1, () => EARLIEST_US);
  const limit = parameters.count("limit", { min: 1, max: 10_000, fallback: 1_000 });
  const rule = parameters.text("rule") ?? null;
  const place = parameters.text("after");
  const after: Place | null = place === undefined ? null : readPlaceText(place);
  if (place !== undefined && after === null) {
    parameters.refuse("after", "must be what an answer gave as next");
  }
  parameters.check();
  if (symbol !== null) await admitRead(c, [symbol]);
  const query = { ...{ symbol, rule, after, limit, sees: seesOf(c) }, ...range };
  return readAlertHistory(databaseOf(c.get("config")), query, c.get("correlationId"));
}

/** A slip in a name would have nobody told. @throws Refusal */
async function mustKnowWebhooks(c: AppContext, { webhooks = [] }: AlertRule): Promise<void> {
  if (webhooks.length === 0) return;
  const known = new Set((await notifierAt(c.env).webhooks()).map(({ name }) => name));
  const at = webhooks.findIndex((name) => !known.has(name));
  if (at < 0) return;
  const name = webhooks[at];
  throw unfit({
    path: `webhooks[${at}]`,
    message: `names no webhook: PUT /api/alerts/webhooks/${name} makes it`,
  });
}

/** The rule of that name, which the token may see. @throws Refusal where there is none. */
async function ruleOf(c: AppContext, name: string): Promise<KeptRule> {
  const found = await find(c, name);
  if (found !== null && mayTouch(c, found.rule)) return found;
  throw new Refusal({
    ...{ status: 404, type: "no-such-rule", title: "No such rule" },
    detail: `There is no rule ${name}: PUT /api/alerts/rules/${name} makes one.`,
  });
}

async function find(c: AppContext, name: string): Promise<KeptRule | null> {
  const rules = await keeperAt(c.env).keptRules();
  return rules.find(({ rule }) => rule.name === name) ?? null;
}

function nameOf(c: AppContext): string {
  const { data, error } = ruleNameSchema.safeParse(c.req.param("name"));
  if (data !== undefined) return data;
  throw badParameters({ path: "name", message: error?.issues[0]?.message ?? "is no name" });
}

/** Is the token for every symbol that the rule may be for? A pattern is covered by itself alone. */
function mayTouch(c: AppContext, { symbols }: AlertRule): boolean {
  const { grant } = accessOf(c);
  if (grant.symbols === null || grant.symbols.includes(symbols)) return true;
  return !symbols.includes("*") && covers(grant, symbols);
}

function coverRule(c: AppContext, rule: AlertRule): void {
  if (!mayTouch(c, rule)) throw new Refusal(forbidden(`The token is not for ${rule.symbols}.`));
}

function answerOf({ rule, setAtUs }: KeptRule, waiting = 0): KeptAlertRule {
  return { ...rule, set_at: setAtUs as EpochUs, ...(waiting > 0 && { waiting }) };
}
