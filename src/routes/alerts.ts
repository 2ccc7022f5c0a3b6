import { Hono } from "hono";
import { EARLIEST_US, MAX_AHEAD_US } from "../core/time/timestamp.ts";
import { type Place, readPlaceText } from "../db/events/export-place.ts";
import { needs, seesOf } from "../http/access/authorize.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { readBacktest } from "../http/query/read-backtest.ts";
import { databaseOf } from "../http/sources/database-of.ts";
import { listSourcesOf } from "../http/sources/list-sources.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import type { AlertHistoryAnswer } from "../protocol/answers/alerts.ts";
import { readActiveAlerts } from "../reads/alerts/active-alerts.ts";
import { readAlertHistory } from "../reads/alerts/alert-history.ts";
import { backtest } from "../reads/alerts/backtest.ts";

const NO_STORE = { "cache-control": "no-store" };

/** What alerts say now and have said, and what a rule would have said (SPEC AL-11, AL-12). */
export const alertRoutes = new Hono<AppEnv>()
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
