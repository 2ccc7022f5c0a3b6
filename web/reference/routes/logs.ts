import { LOG_LEVELS } from "../../../src/protocol/events/log.ts";
import type { DescribedRoute } from "../described-route.ts";
import {
  AFTER,
  count,
  IDEMPOTENCY_KEY,
  range,
  SYMBOL,
  text,
  UNTIL_STORED,
  word,
} from "../parameters.ts";
import { read } from "./reads.ts";

const content = { type: "application/json", of: "LogsAccepted" } as const;

/** Log lines, and what bears one id. */
export const LOGS: readonly DescribedRoute[] = [
  {
    ...{ method: "post", path: "/api/logs", family: "Push", scope: "write" },
    summary: "Push log lines as loggers print them",
    detail:
      "Of structlog, pino, zap, tracing and others: time, level, event, service, correlation id and symbol are found under their usual names, all else are fields. What is wrong is refused by line, and the rest is taken.",
    parameters: [UNTIL_STORED, IDEMPOTENCY_KEY],
    body: {
      kind: "opaque",
      contentTypes: ["application/json", "application/x-ndjson"],
      description: "An object, an array of them, or a line each; plain or gzip.",
    },
    answers: {
      202: { description: "What was taken is durable; refused says what was not.", content },
      200: { description: "What was taken is in Postgres (wait=stored).", content },
    },
    example: {
      target: "/api/logs",
      body: {
        json: {
          ...{ level: "info", event: "order sent", service: "gateway" },
          ...{ correlation_id: "c-1", symbol: "ACME", quantity: 100 },
        },
      },
    },
  },
  read(
    "/api/logs",
    "LogsAnswer",
    "Log lines, the newest first",
    "/api/logs?service=gateway&level=info&from=now-1h",
    [
      { ...SYMBOL, description: "Lines of this symbol alone" },
      text("correlation_id", "Lines of this id alone"),
      text("service", "Lines of this service alone"),
      word("level", "Lines of this level at least", LOG_LEVELS, "trace"),
      text(
        "q",
        "Words that the line has, in its event or its fields; word* is the beginning of one",
      ),
      ...range("everything there is"),
      count("limit", "Most lines of a page", [1, 1_000], 100),
      AFTER,
    ],
  ),
  read(
    "/api/trace/{correlation_id}",
    "TraceAnswer",
    "Everything that bears one id, oldest first",
    "/api/trace/c-1",
    [
      { ...text("correlation_id", "The id, percent-encoded"), in: "path", required: true },
      count("limit", "Most events: the newest of them", [1, 10_000], 1_000),
    ],
  ),
];
