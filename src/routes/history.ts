import { Hono } from "hono";
import { EARLIEST_US, MAX_AHEAD_US } from "../core/timestamp.ts";
import { authorize, refuseSymbols } from "../middleware/authorize.ts";
import type { AppEnv } from "../middleware/context.ts";
import { badParameters } from "../middleware/problem.ts";
import type { HistoryAnswer } from "../protocol/answers.ts";
import { INTERVAL_SECONDS, INTERVALS } from "../protocol/interval.ts";
import type { EpochUs } from "../protocol/time.ts";
import { answerCached } from "./cached-answer.ts";
import { refuseUnknown } from "./known-symbols.ts";
import { Parameters } from "./parameters.ts";
import { readSymbolBars } from "./symbol-bars.ts";

export const historyRoutes = new Hono<AppEnv>().get("/api/history/:symbol", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const nowUs = (Date.now() * 1_000) as EpochUs;
  const parameters = new Parameters(c.req.url, ["interval", "from", "to", "limit"], nowUs);
  const symbol = parameters.symbol("symbol", c.req.param("symbol"));
  const interval = parameters.word("interval", INTERVALS, "1m");
  const fromUs = parameters.time("from") ?? EARLIEST_US;
  const toUs = parameters.time("to") ?? ((nowUs + MAX_AHEAD_US + 1) as EpochUs);
  const limit = parameters.count("limit", { min: 1, max: 10_000, fallback: 500 });
  if (fromUs >= toUs) {
    parameters.refuse("to", "must be later than from");
  }
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const unknown = await refuseUnknown(c, [symbol]);
  if (unknown !== null) return unknown;
  const query = { symbol, interval, fromUs, toUs, limit };
  const { cursor, bars } = await readSymbolBars(c, query);
  const answer: HistoryAnswer = { symbol, interval, cursor, bars };
  // The last bar goes on beyond the range.
  const endUs = toUs + INTERVAL_SECONDS[interval] * 1_000_000;
  return answerCached(c, answer, { toUs: endUs, nowUs, token: authorization.token });
});
