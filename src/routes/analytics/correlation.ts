import { Hono } from "hono";
import { correlatePairs } from "../../core/statistics/correlation.ts";
import { lookedAtFrom } from "../../core/time/bucket-range.ts";
import { needs } from "../../http/access/authorize.ts";
import type { AppEnv } from "../../http/context.ts";
import { heavy } from "../../http/limits/heavy-queries.ts";
import { admitRead } from "../../http/query/admit-read.ts";
import { Parameters } from "../../http/query/parameters.ts";
import { limitCloses, readFilledRange } from "../../http/query/read-bucket-range.ts";
import { readSymbolList } from "../../http/query/read-symbol-list.ts";
import { sourcesOf } from "../../http/sources/sources.ts";
import type { CorrelationAnswer } from "../../protocol/answers/analytics.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { readClosesOfEach } from "../../reads/analytics/symbol-closes.ts";

const KNOWN = ["symbols", "interval", "from", "to", "precision"];
const MAX_SYMBOLS = 50;

export const correlationRoutes = new Hono<AppEnv>().get(
  "/api/analytics/correlation",
  needs("read"),
  heavy,
  async (c) => {
    const nowUs = c.get("nowUs")();
    const parameters = new Parameters(c.req.url, KNOWN, nowUs);
    const symbols = readSymbolList(parameters, { min: 2, max: MAX_SYMBOLS });
    const interval = parameters.interval("interval", "1h");
    const range = readFilledRange(parameters, interval, nowUs);
    limitCloses(parameters, range, symbols.length);
    parameters.check();
    await admitRead(c, symbols);
    const query = { interval, range, nowUs };
    const { read, goneBefore } = await readClosesOfEach(sourcesOf(c), symbols, query);
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
  },
);
