import type { DescribedRoute } from "../described-route.ts";

export const OPERATING: readonly DescribedRoute[] = [
  {
    ...{ method: "get", path: "/healthz", family: "Operate", scope: null },
    summary: "Alive",
    answers: {
      200: { description: "It is.", content: { type: "application/json", of: "Alive" } },
    },
    example: { target: "/healthz" },
  },
  {
    ...{ method: "get", path: "/readyz", family: "Operate", scope: null },
    summary: "Ready, with the state of the database",
    detail: "Numbers and versions are for who may read.",
    answers: {
      200: {
        description: "degraded says that pushes are taken all the same.",
        content: { type: "application/json", of: "Readiness" },
      },
    },
    example: { target: "/readyz" },
  },
  {
    ...{ method: "get", path: "/metrics", family: "Operate", scope: "read" },
    summary: "Edgetape's own metrics, for Prometheus",
    detail: "The token must be for all symbols; PUBLIC_READ does not open it.",
    answers: {
      200: {
        description: "Prometheus's text format, version 0.0.4.",
        content: { type: "text/plain" },
      },
    },
    example: { target: "/metrics" },
  },
];
