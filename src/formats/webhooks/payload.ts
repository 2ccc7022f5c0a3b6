import type { AlertChange } from "../../core/alerts/alert-change.ts";
import { rfc3339Of } from "../../core/time/civil-time.ts";

/** The body of a change (SPEC WH-3). */
export function alertBody({ atUs, ...change }: AlertChange): string {
  const { id, rule, symbol, series, from, to, value, message } = change;
  return JSON.stringify({
    type: to === "firing" ? "alert.firing" : "alert.resolved",
    timestamp: rfc3339Of(atUs),
    data: { id, rule, symbol, ...(series !== undefined && { series }), from, to, value, message },
  });
}

export function testBody(name: string, nowUs: number): string {
  return JSON.stringify({
    type: "alert.test",
    timestamp: rfc3339Of(nowUs),
    data: { webhook: name, message: "A test of this webhook: no alert has changed." },
  });
}
