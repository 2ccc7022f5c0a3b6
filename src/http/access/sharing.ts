import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import type { AppContext, AppEnv } from "../context.ts";
import { isOurs } from "./door.ts";

const shareWithAllowed = cors({
  origin: (origin, c: AppContext) => (isOurs(origin, c) ? origin : null),
  allowMethods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
  allowHeaders: [
    "Authorization",
    "Content-Type",
    "Content-Encoding",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "Traceparent",
    "Tracestate",
    "X-Correlation-ID",
  ],
  exposeHeaders: ["ETag", "Retry-After", "X-Correlation-ID", "Edgetape-Cursor"],
  maxAge: 600,
});

/** Lets pages of allowed origins read the answers (CORS), and answers preflights. Programs send no `Origin` and pay nothing. */
export const shared = createMiddleware<AppEnv>((c, next) =>
  c.req.header("origin") === undefined ? next() : shareWithAllowed(c, next),
);
