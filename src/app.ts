import { Hono } from "hono";
import { classifyFailure } from "./db/database.ts";
import type { AppContext, AppEnv } from "./middleware/context.ts";
import { problem } from "./middleware/problem.ts";
import { CORRELATION_HEADER, requestLog } from "./middleware/request-log.ts";
import { attributionRoutes } from "./routes/attribution.ts";
import { barRoutes } from "./routes/bars.ts";
import { bookRoutes } from "./routes/books.ts";
import { correlationRoutes } from "./routes/correlation.ts";
import { exportRoutes } from "./routes/export.ts";
import { healthRoutes } from "./routes/health.ts";
import { historyRoutes } from "./routes/history.ts";
import { ingestRoutes } from "./routes/ingest.ts";
import { metricNamesRoutes } from "./routes/metric-names.ts";
import { positionsRoutes } from "./routes/positions.ts";
import { riskRoutes } from "./routes/risk.ts";
import { seriesRoutes } from "./routes/series.ts";
import { socketRoutes } from "./routes/socket.ts";
import { symbolRoutes } from "./routes/symbols.ts";
import { type Log, logOf } from "./telemetry/log.ts";

/** The routes of the Worker; every path that is none of them is the dashboard's. */
export const app = new Hono<AppEnv>()
  .use(requestLog)
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
  .get("*", (c) => c.env.ASSETS.fetch(c.req.raw))
  .notFound(notFound)
  .onError((error, c) => {
    const { kind, detail } = classifyFailure(error);
    const isDatabase = "code" in error || error.name === "NeonDbError";
    // Where the settings are wrong the request got no log, and its answer no id.
    const log = (c.get("log") as Log | undefined) ?? logOf("worker", { LOG_LEVEL: "info" });
    c.header(CORRELATION_HEADER, c.get("correlationId"));
    log.error("request_failed", {
      correlation_id: c.get("correlationId"),
      path: c.req.path,
      detail,
      stack: error.stack,
    });
    if (isDatabase && kind === "unavailable") {
      return problem(c, {
        status: 503,
        type: "database-unavailable",
        title: "The database is away",
        detail: "History cannot be read now. Live streams and pushes go on; try again soon.",
        retryAfterS: 5,
      });
    }
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
    detail: `There is no ${c.req.method} ${c.req.path}.${hint}`,
  });
}
