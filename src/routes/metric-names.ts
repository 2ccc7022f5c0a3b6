import { Hono } from "hono";
import { type MetricName, readMetricNames } from "../db/series/read-metric-names.ts";
import { authorize, refuseSymbols } from "../http/access/authorize.ts";
import type { AppEnv } from "../http/context.ts";
import { badParameters } from "../http/problems/problem.ts";
import { Parameters } from "../http/query/parameters.ts";
import type { MetricNamesAnswer } from "../protocol/answers.ts";
import { SYSTEM_SYMBOL } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import { databaseOf } from "../reads/database-of.ts";
import { refuseRead } from "../reads/rooms/known-symbols.ts";
import { readTail } from "../reads/rooms/room-tail.ts";

const SERIES = { min: 1, max: 10_000, fallback: 2_000 };

/** The series of a symbol: those in Postgres, and those that so far are in the room alone. */
export const metricNamesRoutes = new Hono<AppEnv>().get("/api/metrics/names", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const nowUs = (Date.now() * 1_000) as EpochUs;
  const parameters = new Parameters(c.req.url, ["symbol", "limit", "after"], nowUs);
  const symbol = parameters.symbol("symbol", parameters.text("symbol") ?? SYSTEM_SYMBOL);
  const limit = parameters.count("limit", SERIES);
  const after = readPlace(parameters);
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const refused = await refuseRead(c, [symbol]);
  if (refused !== null) return refused;
  const { events } = await readTail(c.env, symbol);
  const tail = events.flatMap(({ event }) => (event.kind === "metric" ? [event] : []));
  const { names, series } = await readMetricNames(
    databaseOf(c.get("config")),
    { symbol, tail, after, limit: limit + 1 },
    c.get("correlationId"),
  );
  const shown = names.slice(0, limit);
  const last = shown.at(-1);
  const truncated = names.length > limit && last !== undefined;
  const answer: MetricNamesAnswer = {
    metrics: shown.map(({ metric, labelsKey, lastTs }) => ({
      metric,
      labels: JSON.parse(labelsKey) as Record<string, string>,
      last_ts: lastTs,
    })),
    series,
    truncated,
    ...(truncated && { next: placeOf(last) }),
  };
  return c.json(answer, 200, { "cache-control": "no-store" });
});

/** Where a page ends, as the `after` of the next one. */
function placeOf({ metric, labelsKey }: MetricName): string {
  return JSON.stringify([metric, labelsKey]);
}

function readPlace(parameters: Parameters): { metric: string; labelsKey: string } | null {
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
