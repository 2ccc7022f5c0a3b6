import type { AppContext } from "./context.ts";

/** Says in the log what went wrong on the way, where the request goes on without it. */
export function warn(
  c: AppContext,
  event: string,
  error: unknown,
  fields: Record<string, unknown> = {},
): void {
  const detail = String(error);
  c.get("logger").warn(event, { correlation_id: c.get("correlationId"), ...fields, detail });
}
