const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const NO_TRACE = "0".repeat(32);

/** The trace id of a W3C `traceparent` (https://www.w3.org/TR/trace-context/#traceparent-header); null where it is none. */
export function traceIdOf(value: unknown): string | null {
  if (typeof value !== "string" || value.startsWith("ff")) return null;
  const [, id = NO_TRACE] = TRACEPARENT.exec(value) ?? [];
  return id === NO_TRACE ? null : id;
}
