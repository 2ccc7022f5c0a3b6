const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const NO_TRACE = "0".repeat(32);

/** The trace id of a W3C `traceparent` (https://www.w3.org/TR/trace-context/#traceparent-header); null where it is none. */
export function traceIdOf(value: unknown): string | null {
  if (typeof value !== "string" || value.startsWith("ff")) return null;
  const [, id = NO_TRACE] = TRACEPARENT.exec(value) ?? [];
  return id === NO_TRACE ? null : id;
}

const TRACE_ID = /^[0-9a-f]{32}$/;

/**
 * The `traceparent` of a call of ours that a correlation id led to; null where that is no trace id. `spanId`: 16 hexadecimal digits,
 * not all 0.
 */
export function traceparentOf(correlationId: string, spanId: string): string | null {
  return TRACE_ID.test(correlationId) && correlationId !== NO_TRACE
    ? `00-${correlationId}-${spanId}-01`
    : null;
}
