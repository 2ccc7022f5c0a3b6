import { Hono } from "hono";
import { correlatePairs } from "../../core/statistics/correlation.ts";
import { authorize, refuseSymbols } from "../../http/access/authorize.ts";
import type { AppEnv } from "../../http/context.ts";
import { badParameters } from "../../http/problems/problem.ts";
import { lookedAtFrom, readFilledRange } from "../../http/query/bucket-range.ts";
import { Parameters } from "../../http/query/parameters.ts";
import { readSymbolList } from "../../http/query/symbol-list.ts";
import type { CorrelationAnswer } from "../../protocol/analytics.ts";
import type { SymbolName } from "../../protocol/symbol.ts";
import type { EpochUs } from "../../protocol/time.ts";
import { readClosesOfEach } from "../../reads/analytics/symbol-closes.ts";
import { refuseRead } from "../../reads/rooms/known-symbols.ts";

const KNOWN = ["symbols", "interval", "from", "to", "precision"];
const MAX_SYMBOLS = 50;
/** Most closes of all symbols together. The work grows with the pairs, and on one machine all rooms wait for it. */
const MAX_CLOSES = 100_000;

export const correlationRoutes = new Hono<AppEnv>().get("/api/analytics/correlation", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const nowUs = (Date.now() * 1_000) as EpochUs;
  const parameters = new Parameters(c.req.url, KNOWN, nowUs);
  const symbols = readSymbolList(parameters, { min: 2, max: MAX_SYMBOLS });
  const interval = parameters.interval("interval", "1h");
  const range = readFilledRange(parameters, interval, nowUs);
  if (range.buckets * symbols.length > MAX_CLOSES) {
    parameters.refuse(
      "symbols",
      `times buckets are more than ${MAX_CLOSES}: take fewer, a longer interval or a shorter range`,
    );
  }
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, symbols);
  if (outside !== null) return outside;
  const refused = await refuseRead(c, symbols);
  if (refused !== null) return refused;
  const { read, goneBefore } = await readClosesOfEach(c, symbols, interval, range);
  const closes = read.map((one) => one.closes);
  const pairs = correlatePairs(closes);
  const answer: CorrelationAnswer = {
    ...{ interval, from: lookedAtFrom(range, interval, closes), to: range.toUs, symbols },
    cursors: Object.fromEntries(read.map(({ cursor }, at) => [symbols[at], cursor])),
    pairs: pairs.map(({ a, b, correlation }) => ({
      ...{ a: symbols[a] as SymbolName, b: symbols[b] as SymbolName },
      correlation,
    })),
    ...(goneBefore !== null && { gone_before: goneBefore }),
  };
  return c.json(answer, 200, { "cache-control": "no-store" });
});
