import { env } from "cloudflare:workers";
import { InfluxDB, Point } from "@influxdata/influxdb-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configOf } from "../../../src/config.ts";
import { pollAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import type { MetricEvent } from "../../../src/protocol/events/event.ts";
import { ask, closeSockets, limitSeries, newSymbol, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

const TS_US = (Date.now() - 60_000) * 1_000;

async function write(
  lines: BodyInit,
  { path = "/api/v2/write?org=o&bucket=b", headers = {}, scheme = "Token" } = {},
): Promise<Response> {
  const authorization = `${scheme} ${await tokenOf({ scope: "write" })}`;
  return ask(path, {
    method: "POST",
    body: lines,
    headers: { "content-type": "text/plain; charset=utf-8", authorization, ...headers },
  });
}

async function eventsOf(symbol: string): Promise<MetricEvent[]> {
  const response = await ask(`/api/rooms/${symbol}/events?since=0`, {}, "read");
  if (response.status === 404) return [];
  const { events } = pollAnswerSchema.parse(await response.json());
  return events.filter((event) => event.kind === "metric");
}

describe("LP-1 POST /api/v2/write", () => {
  it("takes lines into the rooms that their tag names, and answers 204", async () => {
    const symbol = newSymbol();
    const response = await write(
      `order,symbol=${symbol},venue=x latency_ms=1.5,fills=3i ${TS_US}000\norder,symbol=${symbol} value=2 ${TS_US + 1}999`,
    );
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(await eventsOf(symbol)).toEqual([
      { kind: "metric", ts: TS_US, metric: "order_latency_ms", value: 1.5, labels: { venue: "x" } },
      { kind: "metric", ts: TS_US, metric: "order_fills", value: 3, labels: { venue: "x" } },
      { kind: "metric", ts: TS_US + 1, metric: "order", value: 2 },
    ]);
  });

  it("takes what has neither tag nor time into _system, as of now", async () => {
    const name = newSymbol();
    const beforeUs = Date.now() * 1_000;
    expect((await write(`${name} value=1`)).status).toBe(204);
    const [event] = (await eventsOf("_system")).filter(({ metric }) => metric === name);
    expect(event?.ts).toBeGreaterThanOrEqual(beforeUs);
  });

  it.each(["s", "ms", "us", "ns"] as const)("has times in %s by precision", async (unit) => {
    const symbol = newSymbol();
    const second = Math.floor(TS_US / 1e6);
    const digits = `${second}${{ s: "", ms: "000", us: "000000", ns: "000000000" }[unit]}`;
    const path = `/api/v2/write?precision=${unit}`;
    expect((await write(`m,symbol=${symbol} value=1 ${digits}`, { path })).status).toBe(204);
    expect((await eventsOf(symbol)).map(({ ts }) => ts)).toEqual([second * 1_000_000]);
  });

  it("takes gzip", async () => {
    const symbol = newSymbol();
    const stream = new Blob([`m,symbol=${symbol} value=1`])
      .stream()
      .pipeThrough(new CompressionStream("gzip"));
    const body = await new Response(stream).arrayBuffer();
    const headers = { "content-encoding": "gzip" };
    expect((await write(body, { headers })).status).toBe(204);
    expect(await eventsOf(symbol)).toHaveLength(1);
  });

  it("is InfluxData's own client's, which sends in batches", async () => {
    const symbol = newSymbol();
    const failures: unknown[] = [];
    vi.mocked(fetch).mockImplementation(async (url, init) =>
      ask(new URL(String(url)).pathname + new URL(String(url)).search, init as RequestInit),
    );
    const influx = new InfluxDB({
      url: "http://edgetape",
      token: await tokenOf({ scope: "write" }),
    });
    const api = influx.getWriteApi("org", "bucket", "us", {
      maxRetries: 0,
      writeFailed: (error) => void failures.push(error),
    });
    api.useDefaultTags({ symbol });
    const values = Array.from({ length: 50 }, (_, at) => at / 3);
    for (const [at, value] of values.entries()) {
      api.writePoint(
        new Point("strategy")
          .tag("name", "mean reversion, fast")
          .floatField("pnl", value)
          .timestamp(TS_US + at),
      );
    }
    await api.close();
    expect(failures).toEqual([]);
    const events = await eventsOf(symbol);
    expect(events.map(({ value }) => value)).toEqual(values);
    expect(events.map(({ ts }) => ts)).toEqual(values.map((_, at) => TS_US + at));
    expect(events[0]).toMatchObject({
      metric: "strategy_pnl",
      labels: { name: "mean reversion, fast" },
    });
  });
});

describe("LP-2 lines that are not right", () => {
  it("are named by number with 400, and the others are taken", async () => {
    const symbol = newSymbol();
    const lines = [`m,symbol=${symbol} a=1`, "# comment", "m a=x", "m", `m,symbol=${symbol} b=2`];
    const response = await write(lines.join("\n"));
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({
      code: "invalid",
      message:
        "partial write: 2 of 4 lines were not taken, what the other 2 have was: line 3: the field a is no number, boolean or quoted text; line 4: the fields are missing: write measurement,tag=text field=1.5",
      line: 3,
      correlation_id: response.headers.get("x-correlation-id"),
    });
    expect((await eventsOf(symbol)).map(({ metric }) => metric)).toEqual(["m_a", "m_b"]);
  });

  it("leave nothing where there are no others, and neither does a body without a line", async () => {
    const wrong = await write("m");
    expect(await wrong.json()).toMatchObject({
      code: "invalid",
      message: expect.stringContaining(
        "1 of 1 lines were not taken, nothing of it was taken: line 1",
      ),
    });
    const empty = await write("# nothing\n");
    expect(empty.status).toBe(400);
    expect(await empty.json()).toMatchObject({ message: expect.stringContaining("no line") });
  });

  it("are told in the form of the first version on /write", async () => {
    const response = await write("m a=x", { path: "/write?db=d" });
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: expect.stringContaining("partial write"), correlation_id: expect.any(String) },
    ]);
  });
});

describe("LP-3 fields of text", () => {
  it("are counted in a header and left out", async () => {
    const symbol = newSymbol();
    const response = await write(`m,symbol=${symbol} note="x",a=1\nm note="y"`);
    expect([response.status, response.headers.get("x-edgetape-left-out")]).toEqual([
      204,
      "2 fields of text",
    ]);
    expect(await eventsOf(symbol)).toHaveLength(1);
  });
});

describe("LP-4 the token", () => {
  it.each(["Token", "Bearer", "token"])("comes as %s", async (scheme) => {
    expect((await write(`${newSymbol()} value=1`, { scheme })).status).toBe(204);
  });

  it("comes as the password of Basic, or as p of /write, and nowhere else in an address", async () => {
    const token = await tokenOf({ scope: "write" });
    const line = { method: "POST", body: "m value=1" };
    const basic = { authorization: `Basic ${btoa(`telegraf:${token}`)}` };
    expect((await ask("/write", { ...line, headers: basic })).status).toBe(204);
    expect((await ask(`/write?db=d&u=x&p=${token}`, line)).status).toBe(204);
    expect((await ask(`/api/v2/write?p=${token}`, line)).status).toBe(401);
    expect((await ask(`/api/metrics?p=${token}`, line)).status).toBe(401);
    const asToken = { authorization: `Token ${token}` };
    expect((await ask("/api/metrics", { ...line, headers: asToken })).status).toBe(401);
  });

  it("is asked for in InfluxDB's words", async () => {
    const line = { method: "POST", body: "m value=1" };
    const without = await ask("/api/v2/write", line);
    expect([without.status, await without.json()]).toMatchObject([401, { code: "unauthorized" }]);
    const reader = await ask("/api/v2/write", line, "read");
    expect([reader.status, await reader.json()]).toMatchObject([403, { code: "forbidden" }]);
    for (const path of ["/write", "/api/v2/write"]) {
      expect((await ask(path, {}, "read")).status).toBe(405);
    }
  });

  it("is for its symbols alone", async () => {
    const token = await tokenOf({ scope: "write", symbols: ["A*"] });
    const headers = { authorization: `Token ${token}` };
    const init = { method: "POST", body: "m,symbol=B value=1", headers };
    const response = await ask("/api/v2/write", init);
    expect([response.status, await response.json()]).toMatchObject([
      403,
      { message: "The token is not for B." },
    ]);
  });
});

describe("LP-5 a body", () => {
  it("of more events than a request may have is refused with 413, whole", async () => {
    const symbol = newSymbol();
    const response = await write(`m,symbol=${symbol} a=1\n`.repeat(20_001));
    expect([response.status, await response.json()]).toMatchObject([
      413,
      { code: "request too large" },
    ]);
    expect(await eventsOf(symbol)).toEqual([]);
  });

  it("of few bytes whose events would be many is refused with 413", async () => {
    const tags = Array.from({ length: 12 }, (_, at) => `,t${at}=${"x".repeat(180)}`).join("");
    const fields = Array.from({ length: 15_000 }, (_, at) => `a${at}=1`).join();
    expect((await write(`m${tags} ${fields}`)).status).toBe(413);
  });

  it("with a key is taken once, and with another unit is another body", async () => {
    const symbol = newSymbol();
    const headers = { "idempotency-key": symbol };
    const line = `m,symbol=${symbol} a=1`;
    expect((await write(line, { headers })).status).toBe(204);
    expect((await write(line, { headers })).status).toBe(204);
    expect(await eventsOf(symbol)).toHaveLength(1);
    const path = "/api/v2/write?precision=s";
    const other = await write(line, { headers, path });
    expect([other.status, await other.json()]).toMatchObject([
      422,
      { code: "unprocessable entity" },
    ]);
  });
});

it("LP-6, L-22 a line with a series that a symbol has no place for is named, and the others are taken", async () => {
  const symbol = newSymbol();
  const before = configOf(env).LIMIT_SERIES;
  await limitSeries(1);
  expect((await write(`m,symbol=${symbol},n=1 a=1`)).status).toBe(204);
  const lines = [
    `m,symbol=${symbol},n=1 a=2`,
    `m,symbol=${symbol},n=1 b=3`,
    "m,symbol=* a=1",
    `m,symbol=${symbol},n=1 c=4,a=5,text="said"`,
    `m,symbol=${symbol},n=1 a=6`,
  ];
  const response = await write(lines.join("\n"));
  await limitSeries(before);
  const { message } = (await response.json()) as { message: string };
  expect([response.status, response.headers.get("x-edgetape-left-out")]).toEqual([400, null]);
  expect(message).toMatch(
    /3 of 5 lines.*: line 2: m_b is a new series.*; line 3: .*; line 4: m_c is a new series/,
  );
  expect((await eventsOf(symbol)).map(({ metric, value }) => [metric, value])).toEqual([
    ["m_a", 1],
    ["m_a", 2],
    ["m_a", 6],
  ]);
});
