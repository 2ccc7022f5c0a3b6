import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { configOf } from "../config.ts";
import { shorten } from "../core/answers/shorten.ts";
import { traceIdOf } from "../core/logs/traceparent.ts";
import { arrivalClock } from "../core/time/arrival-clock.ts";
import type { EpochUs } from "../protocol/words/time.ts";
import { logOf } from "../telemetry/log.ts";
import { metrics } from "../telemetry/metrics.ts";
import { type AppContext, type AppEnv, nowMs } from "./context.ts";
import { endTurn } from "./limits/bodies.ts";
import { Refusal } from "./problems/refusal.ts";

export const CORRELATION_HEADER = "x-correlation-id";
/** What is shown and logged of a path; they come with up to 64 KB. */
export const MOST_PATH_CHARS = 200;
/** Longer ones, or with other characters, could not be written into a SQL comment as they are. */
const GRAMMAR = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * Begins a request: takes or makes the correlation id, which is that of its trace where it says nothing else, and gives it back, finds settings, clock and log, and writes the line of the
 * request: at `debug` where all went well, for a tape takes thousands of requests a second; `info` where the client was refused,
 * also with 503, `error` where we failed, both with the cause that the client was told. Whatever becomes of the request, the turn of
 * its body ends with it.
 */
export function correlation(nowUs: () => EpochUs) {
  const arrivalUs = arrivalClock(nowUs);
  return createMiddleware<AppEnv>(async (c, next) => {
    const given = c.req.header(CORRELATION_HEADER);
    const correlationId =
      given !== undefined && GRAMMAR.test(given)
        ? given
        : (traceIdOf(c.req.header("traceparent")) ?? crypto.randomUUID());
    c.set("correlationId", correlationId);
    c.set("nowUs", nowUs);
    c.set("arrivalUs", arrivalUs);
    c.set("config", configOf(c.env));
    c.set("logger", logOf("worker", c.get("config")));
    const startedAtMs = nowMs(c);
    c.set("startedAtMs", startedAtMs);
    try {
      await next();
    } finally {
      endTurn(c);
    }
    const { status, headers } = c.res;
    // Those of a WebSocket's answer cannot be changed.
    if (c.get("isHeaded") !== true && status !== 101) {
      headers.set(CORRELATION_HEADER, correlationId);
    }
    count(c, status);
    if (c.get("isSaid") !== true) say(c, status, startedAtMs);
  });
}

/** Methods that a route is counted under; anybody can make up others. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);

function count(c: AppContext, status: number): void {
  const { method } = c.req;
  metrics.requests.add(1, {
    // The pattern of whatever handled the request last, not what stands in its place.
    route: routePath(c),
    method: METHODS.has(method) ? method : "other",
    status: `${Math.floor(status / 100)}xx`,
  });
}

function say(c: AppContext, status: number, startedAtMs: number): void {
  const logger = c.get("logger");
  // Whoever is told to come again, as a viewer while a runtime is replaced, is refused: we have not failed.
  const isFailure = status >= 500 && !(c.error instanceof Refusal);
  const level = isFailure ? "error" : status >= 400 ? "info" : "debug";
  if (!logger.isEnabledFor(level)) return;
  logger[level]("request", {
    correlation_id: c.get("correlationId"),
    method: c.req.method,
    path: shorten(c.req.path, MOST_PATH_CHARS),
    status,
    ...c.get("cause"),
    duration_ms: nowMs(c) - startedAtMs,
  });
}
