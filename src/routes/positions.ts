import { Hono } from "hono";
import { needs } from "../http/access/authorize.ts";
import type { AppEnv } from "../http/context.ts";
import { notKnownYet } from "../http/problems/symbol-refusals.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import { readSymbolPositions } from "../reads/symbols/symbol-positions.ts";

const ACCOUNTS = { min: 1, max: 10_000, fallback: 10_000 };

/** What is held of a symbol now, a page of accounts at a time. */
export const positionsRoutes = new Hono<AppEnv>().get(
  "/api/positions/:symbol",
  needs("read"),
  async (c) => {
    const parameters = new Parameters(c.req.url, ["limit", "after"], c.get("nowUs")());
    const symbol = parameters.symbol("symbol", c.req.param("symbol"));
    const limit = parameters.count("limit", ACCOUNTS);
    const after = parameters.text("after") ?? null;
    parameters.check();
    await admitRead(c, [symbol]);
    const answer = await readSymbolPositions(sourcesOf(c), symbol, { after, limit });
    if (answer === null) throw notKnownYet([symbol]);
    return c.json(answer, 200, { "cache-control": "no-store" });
  },
);
