import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { ownLinesOf } from "../../../src/reads/trace/own-lines.ts";
import { forgetLogLevel, logOf } from "../../../src/telemetry/log.ts";
import { recentLines } from "../../../src/telemetry/recent-lines.ts";
import { soon } from "../../soon.ts";
import { ask, makeKnown, newSymbol, push } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

// The first log of an isolate sets the level for all of them, and other files may have had it before.
const logFrom = (LOG_LEVEL: "debug" | "error") => {
  forgetLogLevel();
  logOf("worker", { LOG_LEVEL });
};
beforeAll(() => logFrom("debug"));
afterAll(() => logFrom("error"));

interface Line {
  timestamp: string;
  level: string;
  event: string;
  service: string;
  correlation_id?: string;
  correlation_ids?: string[];
}

let neon: FakeNeon;
let lines: Line[];
beforeEach(() => {
  neon = new FakeNeon();
  lines = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(neon.fetch as typeof fetch);
  vi.spyOn(console, "log").mockImplementation((line: string) => {
    lines.push(JSON.parse(line) as Line);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** An outbox that has just been drained rests before it is drained again. */
async function untilStoreFailed(): Promise<void> {
  const failed = () => lines.some(({ event }) => event === "store_failed");
  await soon(() => expect(failed()).toBe(true));
}

it("I-10 one correlation id is in the lines of Worker, Host and Writer and in the statement", async () => {
  const symbol = newSymbol();
  const id = `trace.${symbol}`;
  const response = await push(
    "metrics",
    { metric: "m", value: 1, symbol },
    {
      "x-correlation-id": id,
    },
  );
  expect(response.headers.get("x-correlation-id")).toBe(id);
  await neon.untilStored(symbol, 1);
  const isOurs = (line: Line) =>
    line.correlation_id === id || (line.correlation_ids ?? []).includes(id);
  await soon(() => {
    const services = new Set(lines.filter(isOurs).map(({ service }) => service));
    expect(services).toEqual(new Set(["worker", "host", "writer"]));
  });
  for (const line of lines) {
    expect(new Date(line.timestamp).getTime()).toBeGreaterThan(1.7e12);
    expect(line.event).toMatch(/^[a-z_]+$/);
    expect(["debug", "info", "warning", "error"]).toContain(line.level);
  }
  const insert = neon.statements.find((text) => text.includes("insert into points"));
  expect(insert).toContain(`/* correlation_id=${id} */`);
});

it("I-10 the id goes along until Postgres has taken the batch", async () => {
  neon.isAway = true;
  const symbol = newSymbol();
  const id = `again.${symbol}`;
  await push("metrics", { metric: "m", value: 1, symbol }, { "x-correlation-id": id });
  await untilStoreFailed();
  neon.isAway = false;
  await neon.untilStored(symbol, 1);
  expect(neon.statements.find((text) => text.includes("insert into points"))).toContain(id);
});

it("INV-10 a line carries no token and no connection string", async () => {
  neon.isAway = true;
  const symbol = newSymbol();
  await push("metrics", { metric: "m", value: 1, symbol });
  await untilStoreFailed();
  const text = JSON.stringify(lines);
  expect(text).not.toContain("eyJ");
  expect(text).not.toContain("postgres://");
  neon.isAway = false;
  await neon.untilStored(symbol, 1);
});

it("INV-10 a line has no secret whoever puts one in, and a flood is written in part and counted", () => {
  const log = logOf("worker", { LOG_LEVEL: "debug" });
  log.warn("query_failed", {
    ...{ correlation_id: "c", authorization: "Bearer abc", detail: "at postgres://me:word@db/x" },
  });
  expect(lines[0]).toMatchObject({
    ...{ event: "query_failed", level: "warning", service: "worker", correlation_id: "c" },
    ...{ authorization: "[redacted]", detail: "at postgres://me:[redacted]@db/x" },
  });
  log.warn("no_json", { size: 1n });
  expect(lines[1]).toMatchObject({ event: "no_json", unsaid: expect.stringContaining("BigInt") });
  const now = vi.spyOn(Date, "now").mockReturnValue(2e12);
  for (let at = 0; at < 150; at += 1) log.info("refused");
  for (let at = 0; at < 150; at += 1) log.debug("asked_for");
  now.mockReturnValue(2e12 + 1_000);
  log.info("next");
  const eventsOf = (event: string) => lines.filter((line) => line.event === event);
  expect(eventsOf("refused")).toHaveLength(100);
  expect(eventsOf("asked_for")).toHaveLength(150);
  const of = "worker info refused";
  expect(eventsOf("log_flood")).toMatchObject([{ level: "warning", of, most_a_second: 100 }]);
  expect(eventsOf("lines_left_out")).toMatchObject([{ level: "warning", of, count: 50 }]);
});

it("I-10 the line of a request that is refused or fails says why, under the id that its client got", async () => {
  neon.isAway = true;
  const symbol = newSymbol();
  await makeKnown(symbol);
  const asked = [
    ["/api/none", 404, "not-found"],
    [`/api/history/${symbol}?interval=7y`, 400, "bad-parameters"],
    [`/api/series?symbol=${symbol}&metric=m`, 503, "database-unavailable"],
  ] as const;
  for (const [path, status, problem] of asked) {
    const response = await ask(path, {}, "read");
    const { detail } = (await response.json()) as { detail: string };
    const correlation_id = response.headers.get("x-correlation-id");
    expect(
      lines.find((line) => line.event === "request" && line.correlation_id === correlation_id),
    ).toMatchObject({ status, problem, detail: detail.slice(0, 199) });
  }
});

it("I-10 WH-3 the trace id of a push is in the lines of all whom it reaches, and in the webhook of its alert", async () => {
  const symbol = newSymbol();
  const trace = crypto.randomUUID().replaceAll("-", "");
  const traceparent = `00-${trace}-00f067aa0ba902b7-01`;
  const told: Headers[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    if (!String(input).startsWith("https://desk.example/")) return neon.fetch(input, init);
    told.push(new Headers(init?.headers as HeadersInit));
    return new Response();
  });
  const put = (path: string, body: object) =>
    ask(`/api/alerts/${path}`, { method: "PUT", body: JSON.stringify(body) }, "write");
  const on = { on: { price: "last" }, condition: { above: 100 } };
  expect((await put("webhooks/desk", { url: "https://desk.example/" })).status).toBe(201);
  expect((await put("rules/high", { symbols: symbol, ...on })).status).toBe(201);
  // An outbox into which something came again and again rests for longer (durable/host/outbox/rest.ts).
  await new Promise((resolve) => setTimeout(resolve, 600));
  // A host that is new learns of rules with its first push.
  await push("trades", { symbol, price: 1, size: 1 });
  await neon.untilStored(symbol, 1);
  lines = [];
  await push("trades", { symbol, price: 101, size: 1 }, { traceparent });
  const ofTrace = () =>
    lines.filter((one) => one.correlation_id === trace || one.correlation_ids?.includes(trace));
  await soon(() => {
    const services = new Set(ofTrace().map(({ service }) => service));
    expect(services).toEqual(new Set(["worker", "host", "writer", "notifier"]));
  });
  expect(told[0]?.get("traceparent")).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  expect(told[0]?.get("x-correlation-id")).toBe(trace);
  const insert = neon.statements.find((text) => text.includes(trace));
  expect(insert).toContain(`/* correlation_id=${trace} */`);
});

it("WH-9 TR-2 an alert that time has fire has an id of its own, by which its webhook and lines are followed", async () => {
  const symbol = newSymbol();
  const told: Headers[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    if (!String(input).startsWith("https://timed.example/")) return neon.fetch(input, init);
    told.push(new Headers(init?.headers as HeadersInit));
    return new Response();
  });
  const put = (path: string, body: object) =>
    ask(`/api/alerts/${path}`, { method: "PUT", body: JSON.stringify(body) }, "write");
  const rule = { on: { price: "last" }, condition: { above: 100 }, for: "1s", webhooks: ["timed"] };
  expect((await put("webhooks/timed", { url: "https://timed.example/" })).status).toBe(201);
  expect((await put("rules/timed", { symbols: symbol, ...rule })).status).toBe(201);
  await push("trades", { symbol, price: 101, size: 1 });
  await soon(() => expect(told).toHaveLength(1));
  const id = told[0]?.get("x-correlation-id") ?? "";
  expect(told[0]?.get("traceparent")).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-01$`));
  // What a trace has of our own log.
  const followed = () => ownLinesOf(recentLines.holding(id), id, (Date.now() * 1_000) as EpochUs);
  await soon(() => {
    const events = followed().map((line) => line["event" as keyof typeof line]);
    expect(events).toEqual(expect.arrayContaining(["alert_changed", "webhook_delivered"]));
  });
});
