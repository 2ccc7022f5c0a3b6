import { Hono } from "hono";
import { shorten } from "./core/answers/shorten.ts";
import { nowUs } from "./core/time/wall-clock.ts";
import { door } from "./http/access/door.ts";
import { guarded } from "./http/access/security-headers.ts";
import { shared } from "./http/access/sharing.ts";
import { answerFile } from "./http/answer-file.ts";
import type { AppContext, AppEnv } from "./http/context.ts";
import { correlation, MOST_PATH_CHARS } from "./http/correlation.ts";
import { dated } from "./http/dated.ts";
import { answerFailure } from "./http/problems/answer-failure.ts";
import { Refusal } from "./http/problems/refusal.ts";
import { alertRuleRoutes } from "./routes/alert-rules.ts";
import { alertWebhookRoutes } from "./routes/alert-webhooks.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { attributionRoutes } from "./routes/analytics/attribution.ts";
import { correlationRoutes } from "./routes/analytics/correlation.ts";
import { riskRoutes } from "./routes/analytics/risk.ts";
import { barRoutes } from "./routes/bars.ts";
import { bookRoutes } from "./routes/books.ts";
import { exportRoutes } from "./routes/export.ts";
import { healthRoutes } from "./routes/health.ts";
import { historyRoutes } from "./routes/history.ts";
import { ingestRoutes } from "./routes/ingest.ts";
import { lineProtocolRoutes } from "./routes/line-protocol.ts";
import { logRoutes } from "./routes/logs.ts";
import { mcpRoutes } from "./routes/mcp.ts";
import { metricNamesRoutes } from "./routes/metric-names.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { noteRoutes } from "./routes/notes.ts";
import { orderRoutes } from "./routes/orders.ts";
import { otlpRoutes } from "./routes/otlp.ts";
import { positionsRoutes } from "./routes/positions.ts";
import { remoteWriteRoutes } from "./routes/remote-write.ts";
import { roomStreamRoutes } from "./routes/room-stream.ts";
import { seriesRoutes } from "./routes/series.ts";
import { socketRoutes } from "./routes/socket.ts";
import { streamRoutes } from "./routes/streams.ts";
import { symbolRoutes } from "./routes/symbols.ts";
import { traceRoutes } from "./routes/trace.ts";
import { tradeRoutes } from "./routes/trades.ts";

/** The routes of the Worker; every path that is none of them is the dashboard's. */
export const app = new Hono<AppEnv>()
  .use(guarded)
  .use(dated(nowUs))
  .use(correlation(nowUs))
  .use(door)
  .use("/api/*", shared)
  .use("/readyz", shared)
  .use("/v1/*", shared)
  .route("/", ingestRoutes)
  .route("/", remoteWriteRoutes)
  .route("/", otlpRoutes)
  .route("/", lineProtocolRoutes)
  .route("/", logRoutes)
  .route("/", barRoutes)
  .route("/", symbolRoutes)
  .route("/", historyRoutes)
  .route("/", metricNamesRoutes)
  .route("/", seriesRoutes)
  .route("/", positionsRoutes)
  .route("/", bookRoutes)
  .route("/", orderRoutes)
  .route("/", noteRoutes)
  .route("/", tradeRoutes)
  .route("/", correlationRoutes)
  .route("/", riskRoutes)
  .route("/", attributionRoutes)
  .route("/", exportRoutes)
  .route("/", alertWebhookRoutes)
  .route("/", alertRuleRoutes)
  .route("/", alertRoutes)
  .route("/", traceRoutes)
  .route("/", healthRoutes)
  .route("/", metricsRoutes)
  .route("/", socketRoutes)
  .route("/", streamRoutes)
  .route("/", roomStreamRoutes)
  .route("/", mcpRoutes(askRoute))
  .all("/api/*", notFound)
  .all("/v1/*", notFound)
  .all("/ws/*", notFound)
  // Whoever asks where tokens are to be had must not be shown a page.
  .all("/.well-known/*", notFound)
  .get("*", (c) => answerFile(c, notFound))
  .notFound(notFound)
  .onError(answerFailure);

function askRoute(c: AppContext, request: Request): Response | Promise<Response> {
  return app.fetch(request, c.env, c.executionCtx);
}

/** Where a symbol with a slash of its own would be taken for more of the path. */
const SLASH_IN_SYMBOL =
  /^\/(?:ws|api\/(?:history|trades|positions|books|orders|notes|rooms))\/[^/]+\/./;

function notFound(c: AppContext): never {
  const slash = SLASH_IN_SYMBOL.test(c.req.path) ? " In a URL a symbol's / is written %2F." : "";
  const quotes =
    c.req.path === "/api/quotes"
      ? " A quote is a book of one level a side: POST /api/books with its type snapshot."
      : "";
  throw new Refusal({
    status: 404,
    type: "not-found",
    title: "No such route",
    detail: `There is no ${c.req.method} ${shorten(c.req.path, MOST_PATH_CHARS)}.${slash}${quotes}`,
  });
}
