import { Hono } from "hono";
import { EARLIEST_US, MAX_AHEAD_US } from "../core/timestamp.ts";
import { readGoneBars } from "../db/bars/read-gone-bars.ts";
import { authorize, refuseSymbols } from "../http/access/authorize.ts";
import { answerCached } from "../http/cached-answer.ts";
import type { AppEnv } from "../http/context.ts";
import { badParameters } from "../http/problems/problem.ts";
import { Parameters } from "../http/query/parameters.ts";
import type { HistoryAnswer } from "../protocol/answers.ts";
import { INTERVAL_SECONDS } from "../protocol/interval.ts";
import type { EpochUs } from "../protocol/time.ts";
import { databaseOf } from "../reads/database-of.ts";
import { refuseRead } from "../reads/rooms/known-symbols.ts";
import { readSymbolBars } from "../reads/symbol-bars.ts";

const KNOWN = ["interval", "from", "to", "precision", "limit"];

export const historyRoutes = new Hono<AppEnv>().get("/api/history/:symbol", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const nowUs = (Date.now() * 1_000) as EpochUs;
  const parameters = new Parameters(c.req.url, KNOWN, nowUs);
  const symbol = parameters.symbol("symbol", c.req.param("symbol"));
  const interval = parameters.interval("interval", "1m");
  const { fromUs, toUs } = parameters.range(nowUs + MAX_AHEAD_US + 1, () => EARLIEST_US);
  const limit = parameters.count("limit", { min: 1, max: 10_000, fallback: 500 });
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const refused = await refuseRead(c, [symbol]);
  if (refused !== null) return refused;
  // One more tells that there are more.
  const query = { symbol, interval, fromUs, toUs, limit: limit + 1 };
  const { cursor, bars } = await readSymbolBars(c, query);
  const newest = bars.slice(-limit);
  const [oldest] = newest;
  const next = oldest !== undefined && bars.length > limit ? oldest.ts : null;
  const goneBefore = await readGoneBars(
    databaseOf(c.get("config")),
    [{ symbol, fromUs: next ?? fromUs }],
    { interval, toUs },
    c.get("correlationId"),
  );
  const answer: HistoryAnswer = {
    ...{ symbol, interval, cursor, bars: newest },
    ...(next !== null && { truncated: true, next }),
    ...(goneBefore !== null && { gone_before: goneBefore }),
  };
  // The last bar goes on beyond the range.
  const endUs = toUs + INTERVAL_SECONDS[interval] * 1_000_000;
  return answerCached(c, answer, { toUs: endUs, nowUs, token: authorization.token });
});
