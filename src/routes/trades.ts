import { Hono } from "hono";
import { needs } from "../http/access/authorize.ts";
import type { AppEnv } from "../http/context.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import { readSymbolTrades } from "../reads/symbols/symbol-trades.ts";

/** The newest trades of a symbol: what was before them an export has. */
export const tradeRoutes = new Hono<AppEnv>().get(
  "/api/trades/:symbol",
  needs("read"),
  async (c) => {
    const parameters = new Parameters(c.req.url, ["limit"], c.get("nowUs")());
    const symbol = parameters.symbol("symbol", c.req.param("symbol"));
    const limit = parameters.count("limit", { min: 1, max: 1_000, fallback: 100 });
    parameters.check();
    await admitRead(c, [symbol]);
    const answer = await inTurn(c, () => readSymbolTrades(sourcesOf(c), symbol, limit));
    return c.json(answer, 200, { "cache-control": "no-store" });
  },
);
