import type { Reading } from "./meter.ts";

/** What one thing costs beyond what the plan includes, in USD. Whole units are billed. */
interface Price {
  what: string;
  unit: string;
  /** Of what is counted. */
  unitSize: number;
  usd: number;
  included: number;
}

const MILLION = 1_000_000;

/** Price lists of 2026-11: Workers Paid, and Neon Launch. */
export const PRICES = {
  requests: { what: "Workers: requests", unit: "", unitSize: MILLION, usd: 0.3, included: 10e6 },
  cpuMs: { what: "Workers: CPU", unit: "ms", unitSize: MILLION, usd: 0.02, included: 30e6 },
  logLines: { what: "Workers: log lines", unit: "", unitSize: MILLION, usd: 0.6, included: 20e6 },
  objectRequests: {
    what: "objects: requests",
    unit: "",
    unitSize: MILLION,
    usd: 0.15,
    included: 1e6,
  },
  duration: {
    what: "objects: duration",
    unit: "GB-s",
    unitSize: MILLION,
    usd: 12.5,
    included: 4e5,
  },
  rowsRead: { what: "objects: rows read", unit: "", unitSize: MILLION, usd: 0.001, included: 25e9 },
  rowsWritten: {
    what: "objects: rows written",
    unit: "",
    unitSize: MILLION,
    usd: 1,
    included: 50e6,
  },
  stored: { what: "objects: stored", unit: "GB", unitSize: 1, usd: 0.2, included: 5 },
  compute: { what: "Neon: compute", unit: "CU-h", unitSize: 1, usd: 0.106, included: 0 },
  history: { what: "Neon: history of a day", unit: "GB", unitSize: 1, usd: 0.2, included: 0 },
  database: { what: "Neon: stored", unit: "GB", unitSize: 1, usd: 0.35, included: 0 },
} satisfies Record<string, Price>;

export type Priced = keyof typeof PRICES;
export const SUBSCRIPTION_USD = 5;

export const MONTH_S = 30 * 86_400;
const OBJECT_GB = 0.128;
/** So many incoming WebSocket messages are billed as one request. */
const MESSAGES_A_REQUEST = 20;
const SMALLEST_CU = 0.25;
/** A host's log keeps so much (`KEEPING`), and its database some more. */
const HOST_LOG_GB = 0.16;
const DAY_S = 86_400;
/**
 * Bytes in Postgres with their indexes: a point in a row, as those of the last day are, and packed; a trade, which stays a row
 * (measured by this bench, and docs/figures.md). Rollups are left out: of a minute of a series there is one.
 */
const BYTES = { pointRow: 99, pointPacked: 20, trade: 160 };

export interface Measured {
  seconds: number;
  /** That were acknowledged. */
  events: number;
  trades: number;
  /** Messages with events that viewers got. */
  delivered: number;
  /** That Postgres wrote to its log. */
  walBytes: number;
  reading: Reading;
  cpu: { runtimeS: number; databaseS: number };
}

/** What a month of it comes to, of each thing that has a price, where raw data is kept for so many days (`KEEP_RAW_DAYS`). */
export function monthOf(measured: Measured, keptDays: number): Record<Priced, number> {
  const { seconds, reading, cpu } = measured;
  const months = MONTH_S / seconds;
  const sum = { requests: 0, awakeMs: 0, rowsRead: 0, rowsWritten: 0 };
  for (const usage of Object.values(reading.classes)) {
    sum.requests += usage.calls + usage.alarms + usage.messages / MESSAGES_A_REQUEST;
    sum.awakeMs += usage.awakeMs;
    sum.rowsRead += usage.rowsRead + usage.keysRead;
    sum.rowsWritten += usage.rowsWritten + usage.keysWritten + usage.alarmsSet;
  }
  return {
    requests: reading.requests * months,
    // That of the objects is in it, which is not billed.
    cpuMs: cpu.runtimeS * 1_000 * months,
    logLines: reading.logLines * months,
    objectRequests: sum.requests * months,
    duration: (sum.awakeMs / 1_000) * OBJECT_GB * months,
    rowsRead: sum.rowsRead * months,
    rowsWritten: sum.rowsWritten * months,
    stored: HOST_LOG_GB,
    compute: Math.max(SMALLEST_CU, cpu.databaseS / seconds) * (MONTH_S / 3_600),
    history: ((measured.walBytes / seconds) * DAY_S) / 1e9,
    database: storedGb(measured, keptDays),
  };
}

function storedGb({ events, trades, seconds }: Measured, keptDays: number): number {
  const pointsADay = ((events - trades) / seconds) * DAY_S;
  const tradesADay = (trades / seconds) * DAY_S;
  const points = pointsADay * (BYTES.pointRow + keptDays * BYTES.pointPacked);
  return (points + tradesADay * keptDays * BYTES.trade) / 1e9;
}

/** What an amount of it costs in a month, in USD: what is above the included amount, in whole units. */
export function usdOf(thing: Priced, amount: number): number {
  const { unitSize, usd, included } = PRICES[thing];
  const units = Math.max(0, amount - included) / unitSize;
  return (unitSize === 1 ? units : Math.ceil(units)) * usd;
}
