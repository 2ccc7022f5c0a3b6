import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measureBill } from "../../bench/bill/measure.ts";
import type { Usage } from "../../bench/bill/meter.ts";
import {
  CLOUDFLARE_HEAP_MB,
  type MeteredProduct,
  startMetered,
} from "../../bench/bill/metered-product.ts";
import type { Measured } from "../../bench/bill/prices.ts";
import { REFERENCE_LOAD } from "../../bench/bill/reference-load.ts";
import { temporaryDataDir } from "./product.ts";

/*
 * The reference load for a few seconds: what it uses an event stays below a budget. At all of these budgets together Cloudflare would
 * bill some 28 USD a month, Neon not counted, where `npm run bill` comes to 20 (docs/guides/cost.md). The budgets have room for a
 * slow machine, and none for a row, a call or a timer more a post: there are 100 events in one.
 */
const BUDGET_AN_EVENT = {
  /** Of all objects, `setAlarm` included. Measured: 0.0105. */
  rowsWritten: 0.018,
  /** Measured: 0.012, of which 0.010 are the posts. */
  calls: 0.016,
  /** Measured: 0.0003. */
  alarms: 0.001,
  /** Acks, measured: 0.035. */
  messages: 0.07,
  /** Awake for something other than that Postgres is storing, in ms. Measured: 0.04 to 0.1. */
  hostAwakeMs: 0.4,
};
/**
 * Of a host that nobody pushes to, whose viewers sleep. An alarm may be among it, and what the Keeper publishes of the database every
 * ten minutes. With a timer pending it would be 1.
 */
const QUIET = { awakeShare: 0.35, calls: 6, messages: 20 };

const LONG_LABEL = "x".repeat(200);
/** With nobody waiting, six of them went into the heap, and eight ended the runtime. */
const BODIES = 10;

let product: MeteredProduct;
let loaded: Measured;
let quiet: Measured;
const folder = temporaryDataDir();

beforeAll(async () => {
  product = await startMetered(folder.dataDir, 0, CLOUDFLARE_HEAP_MB);
  const times = { warmS: 1, loadS: 5, settleS: 5.5, quietS: 2 };
  ({ loaded, quiet } = await measureBill(product, REFERENCE_LOAD, times));
});
afterAll(async () => {
  await product?.stop();
  folder.remove();
});

test("the reference load stays below its budget of rows, calls, alarms and awake time", () => {
  const { events } = loaded;
  expect(events).toBeGreaterThan(3_000);
  const used = {
    rowsWritten: sum(loaded, (of) => of.rowsWritten + of.keysWritten + of.alarmsSet),
    calls: sum(loaded, ({ calls }) => calls),
    alarms: sum(loaded, ({ alarms }) => alarms),
    messages: sum(loaded, ({ messages }) => messages),
    hostAwakeMs: usageOf(loaded, "Host").awakeMs - usageOf(loaded, "Writer").awakeMs,
  };
  for (const [what, budget] of Object.entries(BUDGET_AN_EVENT)) {
    const anEvent = used[what as keyof typeof used] / events;
    expect(anEvent, `${what} an event`).toBeGreaterThanOrEqual(0);
    expect(anEvent, `${what} an event`).toBeLessThan(budget);
  }
  // It counts at all: each post is a row and a call.
  expect(used.rowsWritten).toBeGreaterThan(events / 200);
  expect(used.calls).toBeGreaterThan(events / 200);
});

test("a host whose viewers wait for the next push sleeps, and so do the others", () => {
  expect(quiet.events).toBe(0);
  expect(sum(quiet, ({ calls }) => calls)).toBeLessThan(QUIET.calls);
  expect(sum(quiet, ({ messages }) => messages)).toBeLessThan(QUIET.messages);
  const awakeShare = (name: string) => usageOf(quiet, name).awakeMs / 1_000 / quiet.seconds;
  expect(awakeShare("Host")).toBeLessThan(QUIET.awakeShare);
  expect(awakeShare("Writer")).toBeLessThan(QUIET.awakeShare);
});

test("L-26 a heap of 128 MB has room for whatever is pushed at once: bodies wait for each other", async () => {
  const labels = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`l${at}`, LONG_LABEL]));
  const events = Array.from({ length: 3_500 }, (_, at) => ({
    ...{ symbol: "HEAP", metric: "m", value: at, labels },
  }));
  const text = JSON.stringify(events);
  expect(text.length).toBeGreaterThan(7_000_000);
  const body = gzipSync(text);
  const push = async () => {
    const answer = await fetch(`http://127.0.0.1:${product.port}/api/metrics`, {
      method: "POST",
      headers: { authorization: `Bearer ${product.token}`, "content-encoding": "gzip" },
      body,
    });
    await answer.body?.cancel();
    return answer.status;
  };
  const before = (await product.read()).requests;
  const statuses = await Promise.all(Array.from({ length: BODIES }, push));
  // Those that waited for too long are to come again.
  expect(statuses.filter((status) => status !== 202 && status !== 503)).toEqual([]);
  expect(statuses.filter((status) => status === 202).length).toBeGreaterThan(3);
  // It is the same runtime still.
  expect((await product.read()).requests).toBe(before + BODIES);
});

function usageOf({ reading }: Measured, name: string): Usage {
  const usage = reading.classes[name];
  if (usage === undefined) throw new Error(`nothing was counted of ${name}`);
  return usage;
}

function sum({ reading }: Measured, of: (usage: Usage) => number): number {
  return Object.values(reading.classes).reduce((total, usage) => total + of(usage), 0);
}
