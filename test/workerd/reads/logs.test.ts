import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { forgetLogLevel, logOf } from "../../../src/telemetry/log.ts";
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
  await vi.waitFor(() => {
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
  await vi.waitFor(() => expect(lines.some(({ event }) => event === "store_failed")).toBe(true));
  neon.isAway = false;
  await neon.untilStored(symbol, 1);
  expect(neon.statements.find((text) => text.includes("insert into points"))).toContain(id);
});

it("INV-10 a line carries no token and no connection string", async () => {
  neon.isAway = true;
  const symbol = newSymbol();
  await push("metrics", { metric: "m", value: 1, symbol });
  await vi.waitFor(() => expect(lines.some(({ event }) => event === "store_failed")).toBe(true));
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
