import { Hono } from "hono";
import { isUnnamed, objectFailureOf } from "./core/object-failure.ts";
import { shorten } from "./core/shorten.ts";
import { isStorageFull } from "./core/storage-watch.ts";
import { failureOf } from "./db/driver/database-error.ts";
import { door, guarded, shared } from "./http/access/door.ts";
import type { AppContext, AppEnv } from "./http/context.ts";
import { bodies, TooManyBodies, tooManyBodies } from "./http/limits/bodies.ts";
import { heavy, TooManyQueries, tooManyQueries } from "./http/limits/heavy-queries.ts";
import { storageFull, storageWatch } from "./http/limits/storage.ts";
import { databaseProblem } from "./http/problems/database-problem.ts";
import { objectFailed } from "./http/problems/object-failed.ts";
import { problem } from "./http/problems/problem.ts";
import { CORRELATION_HEADER, MOST_PATH_CHARS, requestLog } from "./http/request-log.ts";
import { attributionRoutes } from "./routes/analytics/attribution.ts";
import { correlationRoutes } from "./routes/analytics/correlation.ts";
import { riskRoutes } from "./routes/analytics/risk.ts";
import { barRoutes } from "./routes/bars.ts";
import { bookRoutes } from "./routes/books.ts";
import { exportRoutes } from "./routes/export.ts";
import { healthRoutes } from "./routes/health.ts";
import { historyRoutes } from "./routes/history.ts";
import { ingestRoutes } from "./routes/ingest.ts";
import { metricNamesRoutes } from "./routes/metric-names.ts";
import { positionsRoutes } from "./routes/positions.ts";
import { seriesRoutes } from "./routes/series.ts";
import { socketRoutes } from "./routes/socket.ts";
import { symbolRoutes } from "./routes/symbols.ts";
import { type Log, logOf } from "./telemetry/log.ts";

/** The routes of the Worker; every path that is none of them is the dashboard's. */
export const app = new Hono<AppEnv>()
  .use(guarded)
  .use(requestLog)
  .use(door)
  .use("/api/*", shared)
  .use("/readyz", shared)
  .use("/api/*", bodies)
  .use("/api/history/*", heavy)
  .use("/api/series", heavy)
  .use("/api/metrics/names", heavy)
  .use("/api/analytics/correlation", heavy)
  .use("/api/analytics/risk", heavy)
  .route("/", ingestRoutes)
  .route("/", barRoutes)
  .route("/", symbolRoutes)
  .route("/", historyRoutes)
  .route("/", metricNamesRoutes)
  .route("/", seriesRoutes)
  .route("/", positionsRoutes)
  .route("/", bookRoutes)
  .route("/", correlationRoutes)
  .route("/", riskRoutes)
  .route("/", attributionRoutes)
  .route("/", exportRoutes)
  .route("/", healthRoutes)
  .route("/", socketRoutes)
  .all("/api/*", notFound)
  .all("/ws/*", notFound)
  .get("*", async (c) => {
    const { body, status, headers } = await c.env.ASSETS.fetch(c.req.raw);
    // Those of an answer that was fetched cannot be added to.
    return new Response(body, { status, headers });
  })
  .notFound(notFound)
  .onError(async (error, c) => {
    if (error instanceof TooManyQueries) return tooManyQueries(c);
    if (error instanceof TooManyBodies) return tooManyBodies(c);
    if (isStorageFull(error)) {
      storageWatch(c).failed(error.message);
      return storageFull(c);
    }
    if (isUnnamed(error) && (await storageWatch(c).explains(error.message))) return storageFull(c);
    // Where the settings are wrong the request got no log, and its answer no id.
    const log = (c.get("log") as Log | undefined) ?? logOf("worker", { LOG_LEVEL: "info" });
    c.header(CORRELATION_HEADER, c.get("correlationId"));
    const fields = {
      correlation_id: c.get("correlationId"),
      path: shorten(c.req.path, MOST_PATH_CHARS),
      detail: error.message,
    };
    const failure = failureOf(error);
    if (failure?.kind === "unavailable") {
      log.warn("query_failed", { ...fields, why: failure.why });
      return databaseProblem(c, failure);
    }
    const objectFailure = objectFailureOf(error);
    if (objectFailure !== null) {
      log.warn("object_failed", { ...fields, why: objectFailure });
      return objectFailed(c, objectFailure);
    }
    log.error("request_failed", { ...fields, stack: error.stack });
    return problem(c, {
      status: 500,
      type: "internal",
      title: "Something broke",
      detail: "The server failed. Its log has the cause under this correlation_id.",
    });
  });

/** Where a symbol with a slash of its own would be taken for more of the path. */
const SLASH_IN_SYMBOL = /^\/(?:ws|api\/(?:history|positions|books|rooms))\/[^/]+\/./;

function notFound(c: AppContext): Response {
  const hint = SLASH_IN_SYMBOL.test(c.req.path) ? " In a URL a symbol's / is written %2F." : "";
  return problem(c, {
    status: 404,
    type: "not-found",
    title: "No such route",
    detail: `There is no ${c.req.method} ${shorten(c.req.path, MOST_PATH_CHARS)}.${hint}`,
  });
}
