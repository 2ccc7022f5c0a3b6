import { type Look, rateOf } from "./since.ts";

const MONTH_S = 30 * 86_400;
/** Workers Paid, and Neon's smallest compute awake all month, in USD. */
const FIXED = 5 + 19.08;
const STORED_GB = 0.35;

/**
 * What a month at the rates between two looks would come to on Cloudflare and Neon, in USD, with as much in the database as it has
 * now; null where a rate is not known. Requests, calls of objects and rows, by the price lists of 2026-11 and docs/guides/cost.md:
 * each request asks an object, a push writes a row. What `/metrics` does not tell is left out: processor time, acks of viewers and
 * Neon's history, a quarter of the reference load's bill.
 */
export function monthCostOf(before: Look, now: Look, databaseBytes: number): number | null {
  const monthly = (name: string, labels?: Record<string, string>) =>
    (rateOf(before, now, name, labels) ?? Number.NaN) * MONTH_S;
  const requests = monthly("edgetape_requests_total");
  const calls =
    requests + monthly("edgetape_store_seconds_count") + monthly("edgetape_alarms_total");
  const rows = monthly("edgetape_requests_total", { method: "POST" });
  const usd =
    FIXED +
    beyond(requests, 10e6) * 0.3 +
    beyond(calls, 1e6) * 0.15 +
    beyond(rows, 50e6) +
    (databaseBytes / 1e9) * STORED_GB;
  return Number.isNaN(usd) ? null : usd;
}

/** Millions beyond what is included. */
function beyond(amount: number, included: number): number {
  return Math.max(0, amount - included) / 1e6;
}
