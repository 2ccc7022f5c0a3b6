import { Hono } from "hono";
import { EARLIEST_US, MAX_AHEAD_US } from "../core/time/timestamp.ts";
import { needs } from "../http/access/authorize.ts";
import { answerCached } from "../http/cached-answer.ts";
import type { AppEnv } from "../http/context.ts";
import { heavy } from "../http/limits/heavy-queries.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import { INTERVAL_SECONDS } from "../protocol/words/interval.ts";
import { readHistory } from "../reads/symbols/symbol-bars.ts";

const KNOWN = ["interval", "from", "to", "precision", "limit"];

export const historyRoutes = new Hono<AppEnv>().get(
  "/api/history/:symbol",
  needs("read"),
  heavy,
  async (c) => {
    const nowUs = c.get("nowUs")();
    const parameters = new Parameters(c.req.url, KNOWN, nowUs);
    const symbol = parameters.symbol("symbol", c.req.param("symbol"));
    const interval = parameters.interval("interval", "1m");
    const { fromUs, toUs } = parameters.range(nowUs + MAX_AHEAD_US + 1, () => EARLIEST_US);
    const limit = parameters.count("limit", { min: 1, max: 10_000, fallback: 500 });
    parameters.check();
    await admitRead(c, [symbol]);
    const query = { symbol, interval, fromUs, toUs, limit };
    const answer = await readHistory(sourcesOf(c), query);
    // The last bar goes on beyond the range.
    return answerCached(c, answer, { toUs: toUs + INTERVAL_SECONDS[interval] * 1_000_000, nowUs });
  },
);
