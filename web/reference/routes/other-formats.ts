import type { DescribedRoute } from "../described-route.ts";
import { IDEMPOTENCY_KEY, text, word } from "../parameters.ts";

const LINES = {
  kind: "opaque",
  contentTypes: ["text/plain"],
  description: "InfluxDB's line protocol, whatever the Content-Type; plain or gzip.",
} as const;

const TAKEN = { description: "Everything was taken, and is durable." };

const LINE_PARAMETERS = [
  word("precision", "The unit of times", ["ns", "us", "ms", "s", "n", "u", "m", "h"], "ns"),
  IDEMPOTENCY_KEY,
];

/** What other servers take, at the addresses at which they take it. */
export const OTHER_FORMATS: readonly DescribedRoute[] = [
  {
    ...{ method: "post", path: "/api/v1/write", family: "Other formats", scope: "write" },
    summary: "Prometheus remote write, 1.0 and 2.0",
    parameters: [IDEMPOTENCY_KEY],
    body: {
      kind: "opaque",
      contentTypes: ["application/x-protobuf"],
      description:
        "prometheus.WriteRequest or io.prometheus.write.v2.Request, in snappy's block format.",
    },
    answers: {
      204: TAKEN,
      400: {
        description: "What is wrong was refused, the rest was taken: send nothing of it again.",
        content: { type: "text/plain" },
      },
    },
    refusal: { description: "Why, in a line.", content: { type: "text/plain" } },
  },
  {
    ...{ method: "post", path: "/v1/metrics", family: "Other formats", scope: "write" },
    summary: "OpenTelemetry metrics (OTLP/HTTP)",
    parameters: [IDEMPOTENCY_KEY],
    body: {
      kind: "opaque",
      contentTypes: ["application/json", "application/x-protobuf"],
      description: "An ExportMetricsServiceRequest; plain or gzip.",
    },
    answers: {
      200: {
        description:
          "An ExportMetricsServiceResponse in the encoding of the request; partialSuccess says what was refused.",
        content: {
          ...{ type: "application/json", of: "ExportPartialSuccess" },
          orAs: "application/x-protobuf",
        },
      },
    },
    refusal: {
      description: "A google.rpc.Status in the encoding of the request.",
      content: { type: "application/json", orAs: "application/x-protobuf" },
    },
    example: {
      target: "/v1/metrics",
      body: {
        json: {
          resourceMetrics: [
            {
              resource: { attributes: [{ key: "symbol", value: { stringValue: "ACME" } }] },
              scopeMetrics: [
                { metrics: [{ name: "queue_depth", gauge: { dataPoints: [{ asDouble: 3 }] } }] },
              ],
            },
          ],
        },
      },
    },
  },
  {
    ...{ method: "post", path: "/v1/logs", family: "Other formats", scope: "write" },
    summary: "OpenTelemetry logs (OTLP/HTTP)",
    parameters: [IDEMPOTENCY_KEY],
    body: {
      kind: "opaque",
      contentTypes: ["application/json", "application/x-protobuf"],
      description: "An ExportLogsServiceRequest; plain or gzip.",
    },
    answers: {
      200: {
        description:
          "An ExportLogsServiceResponse in the encoding of the request; partialSuccess says what was refused.",
        content: { type: "application/json", of: "ExportPartialSuccess" },
      },
    },
    refusal: {
      description: "A google.rpc.Status in the encoding of the request.",
      content: { type: "application/json" },
    },
    example: {
      target: "/v1/logs",
      body: {
        json: {
          resourceLogs: [
            {
              resource: { attributes: [{ key: "symbol", value: { stringValue: "ACME" } }] },
              scopeLogs: [
                { logRecords: [{ severityNumber: 9, body: { stringValue: "order sent" } }] },
              ],
            },
          ],
        },
      },
    },
  },
  {
    ...{ method: "post", path: "/api/v2/write", family: "Other formats", scope: "write" },
    summary: "InfluxDB's line protocol, as version 2 takes it",
    parameters: [
      ...LINE_PARAMETERS,
      text("org", "Means nothing here"),
      text("bucket", "Means nothing here"),
    ],
    body: LINES,
    answers: { 204: TAKEN },
    refusal: {
      description: "Why, in InfluxDB's form. What is right of the lines was taken.",
      content: { type: "application/json" },
    },
    example: {
      target: "/api/v2/write?precision=s",
      body: { text: "desk,symbol=ACME pnl=1250.5", type: "text/plain" },
    },
  },
  {
    ...{ method: "post", path: "/write", family: "Other formats", scope: "write" },
    summary: "InfluxDB's line protocol, as version 1 takes it",
    detail:
      "The token may be the password of Basic, or p of the query, for clients that know no other.",
    parameters: [...LINE_PARAMETERS, text("db", "Means nothing here"), text("p", "The token")],
    body: LINES,
    answers: { 204: TAKEN },
    refusal: { description: "Why, as {error}.", content: { type: "application/json" } },
    example: {
      target: "/write?precision=s",
      body: { text: "desk,symbol=ACME exposure=30375", type: "text/plain" },
    },
  },
];
