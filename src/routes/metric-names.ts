import { Hono } from "hono";
import { needs } from "../http/access/authorize.ts";
import type { AppEnv } from "../http/context.ts";
import { heavy } from "../http/limits/heavy-queries.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import type { MetricNamesAnswer } from "../protocol/answers/answers.ts";
import { SYSTEM_SYMBOL } from "../protocol/words/symbol.ts";
import { readSymbolMetrics, type SeriesPlace } from "../reads/symbols/metric-names.ts";

const SERIES = { min: 1, max: 10_000, fallback: 2_000 };

/** The series of a symbol, a page at a time. */
export const metricNamesRoutes = new Hono<AppEnv>().get(
  "/api/metrics/names",
  needs("read"),
  heavy,
  async (c) => {
    const parameters = new Parameters(c.req.url, ["symbol", "limit", "after"], c.get("nowUs")());
    const symbol = parameters.symbol("symbol", parameters.text("symbol") ?? SYSTEM_SYMBOL);
    const limit = parameters.count("limit", SERIES);
    const after = readPlace(parameters);
    parameters.check();
    await admitRead(c, [symbol]);
    const page = await readSymbolMetrics(sourcesOf(c), { symbol, after, limit });
    const answer: MetricNamesAnswer = {
      ...page.answer,
      ...(page.next !== null && { next: placeOf(page.next) }),
    };
    return c.json(answer, 200, { "cache-control": "no-store" });
  },
);

/** Where a page ends, as the `after` of the next one. */
function placeOf({ metric, labelsKey }: SeriesPlace): string {
  return JSON.stringify([metric, labelsKey]);
}

function readPlace(parameters: Parameters): SeriesPlace | null {
  const text = parameters.text("after");
  if (text === undefined) return null;
  try {
    const [metric, labelsKey] = JSON.parse(text) as unknown[];
    if (typeof metric === "string" && typeof labelsKey === "string") return { metric, labelsKey };
  } catch {
    // Said below.
  }
  parameters.refuse("after", "must be the next of the page before");
  return null;
}
