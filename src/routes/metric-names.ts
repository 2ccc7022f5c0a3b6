import { Hono } from "hono";
import { canonicalLabels } from "../core/labels.ts";
import { readMetricNames } from "../db/read-metric-names.ts";
import { authorize, refuseSymbols } from "../middleware/authorize.ts";
import type { AppEnv } from "../middleware/context.ts";
import { badParameters } from "../middleware/problem.ts";
import type { MetricNamesAnswer } from "../protocol/answers.ts";
import { SYSTEM_SYMBOL } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import { databaseOf } from "./database-of.ts";
import { refuseUnknown } from "./known-symbols.ts";
import { Parameters } from "./parameters.ts";
import { type DecodedTail, readTail } from "./room-tail.ts";

type NamedSeries = MetricNamesAnswer["metrics"][number];

/** Every series of a symbol: those in Postgres, and those that so far are in the room alone. */
export const metricNamesRoutes = new Hono<AppEnv>().get("/api/metrics/names", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const parameters = new Parameters(c.req.url, ["symbol"], (Date.now() * 1_000) as EpochUs);
  const symbol = parameters.symbol("symbol", parameters.text("symbol") ?? SYSTEM_SYMBOL);
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const unknown = await refuseUnknown(c, [symbol]);
  if (unknown !== null) return unknown;
  const tail = await readTail(c.env, symbol);
  const stored = await readMetricNames(databaseOf(c.get("config")), symbol, c.get("correlationId"));
  const named = stored.map(({ metric, labels, lastTs }) => ({ metric, labels, last_ts: lastTs }));
  const answer: MetricNamesAnswer = { metrics: withTail(named, tail) };
  return c.json(answer, 200, { "cache-control": "no-store" });
});

function withTail(stored: readonly NamedSeries[], tail: DecodedTail): NamedSeries[] {
  const keyOf = (metric: string, labels: NamedSeries["labels"] | undefined) =>
    `${metric}\u0001${canonicalLabels(labels)}`;
  const series = new Map(stored.map((entry) => [keyOf(entry.metric, entry.labels), entry]));
  for (const { event } of tail.events) {
    if (event.kind !== "metric") continue;
    const key = keyOf(event.metric, event.labels);
    const last = series.get(key)?.last_ts ?? event.ts;
    const last_ts = Math.max(last, event.ts) as EpochUs;
    series.set(key, { metric: event.metric, labels: event.labels ?? {}, last_ts });
  }
  return Array.from(series)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entry]) => entry);
}
