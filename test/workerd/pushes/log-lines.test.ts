import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pollAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import { logsAcceptedSchema } from "../../../src/protocol/answers/logs.ts";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import { ask, newSymbol, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(neon.fetch as typeof fetch);
});
afterEach(() => vi.restoreAllMocks());

async function post(
  body: BodyInit,
  type = "application/x-ndjson",
  claims: Parameters<typeof tokenOf>[0] = { scope: "write" },
  headers: Record<string, string> = {},
): Promise<Response> {
  const authorization = `Bearer ${await tokenOf(claims)}`;
  const all = { authorization, "content-type": type, ...headers };
  return ask("/api/logs", { method: "POST", body, headers: all });
}

async function eventsOf(symbol: string): Promise<unknown[]> {
  const since = (Date.now() - 600_000) * 1_000;
  const response = await ask(`/api/rooms/${symbol}/events?since=${since}`, {}, "read");
  if (response.status === 404) return [];
  return pollAnswerSchema.parse(await response.json()).events;
}

describe("LG-1 the body", () => {
  it.each([
    ["one object", "application/json", (line: string) => line],
    ["an array", "application/json", (line: string) => `[${line}]`],
    ["lines", "application/x-ndjson", (line: string) => `\n${line}\n`],
    ["lines that are said to be JSON", "application/json", (line: string) => `${line}\n"x"`],
    ["lines of a file", "text/plain; charset=utf-8", (line: string) => `\uFEFF${line}\r\n`],
  ])("is %s", async (_, type, bodyOf) => {
    const symbol = newSymbol();
    const response = await post(bodyOf(JSON.stringify({ symbol, msg: "hello", level: 40 })), type);
    expect(response.status).toBe(202);
    const { cursors } = logsAcceptedSchema.parse(await response.json());
    expect(cursors).toHaveProperty(symbol);
    expect(await eventsOf(symbol)).toEqual([
      { kind: "log", ts: expect.any(Number), level: "warn", event: "hello" },
    ]);
  });

  it("is refused whole where none of it can be read, or its type is another", async () => {
    expect((await post("x", "image/png")).status).toBe(415);
    expect((await post("  \n ")).status).toBe(400);
    const broken = await post('{"a":', "application/json");
    expect(broken.status).toBe(422);
    expect(problemSchema.parse(await broken.json()).errors).toEqual([
      { path: "line 1", message: expect.stringContaining("is not JSON") },
    ]);
    const many = await post("a\n".repeat(20_001));
    expect(many.status).toBe(413);
  });
});

it("LG-6 lines that are wrong, or of others, are named, and the rest is taken", async () => {
  const symbol = newSymbol();
  const lines = [`{"symbol":"${symbol}","msg":"a"}`, "{", `{"msg":"b"}`].join("\n");
  const response = await post(lines, "application/x-ndjson", { scope: "write", symbols: [symbol] });
  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({
    ...{ accepted: 1, cursors: { [symbol]: expect.any(Number) }, refused_count: 2 },
    refused: [
      { line: 2, why: expect.stringContaining("is not JSON") },
      { line: 3, why: "the token is not for _system" },
    ],
  });
  expect(await eventsOf(symbol)).toMatchObject([{ event: "a" }]);
  const none = await post('{"msg":"b"}', "application/json", {
    ...{ scope: "write", symbols: [symbol] },
  });
  expect(none.status).toBe(403);
  expect((await post('{"msg":"b"}', "application/json", { scope: "read" })).status).toBe(403);
});

it("I-6 the same request again changes nothing", async () => {
  const symbol = newSymbol();
  const body = JSON.stringify({ symbol, msg: "once" });
  const key = { "idempotency-key": symbol };
  const send = () => post(body, "application/json", { scope: "write", sub: "a" }, key);
  const [first, again] = [await (await send()).json(), await (await send()).json()];
  expect(again).toEqual(first);
  expect(await eventsOf(symbol)).toHaveLength(1);
});

it("LG-8 a line is stored, and is no value of its symbol", async () => {
  const symbol = newSymbol();
  await post(JSON.stringify({ symbol, msg: "<img src=x onerror=alert(1)>'; drop table x --" }));
  const [row] = await neon.untilStored(symbol, 1);
  expect(row).toMatchObject({ table: "log_lines" });
  expect(row?.cells["event"]).toBe("<img src=x onerror=alert(1)>'; drop table x --");
  const { symbols } = (await (await ask("/api/symbols", {}, "read")).json()) as {
    symbols: { symbol: string; last_event: number | null }[];
  };
  expect(symbols.find((one) => one.symbol === symbol)?.last_event).toBeNull();
});

describe("I-10 the correlation id", () => {
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  it.each([
    [{ traceparent }, "4bf92f3577b34da6a3ce929d0e0e4736"],
    [{ traceparent, "x-correlation-id": "mine" }, "mine"],
    [{ traceparent, "x-correlation-id": "not one" }, "4bf92f3577b34da6a3ce929d0e0e4736"],
    [{ traceparent: `ff${traceparent.slice(2)}` }, expect.stringMatching(/^[0-9a-f-]{36}$/)],
    [
      { traceparent: traceparent.replace(/[1-9a-f]/g, "0") },
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ],
    [{ traceparent: "x" }, expect.stringMatching(/^[0-9a-f-]{36}$/)],
  ])("of a request with %j is %j", async (headers, id) => {
    const response = await ask("/api/symbols", { headers }, "read");
    expect(response.headers.get("x-correlation-id")).toEqual(id);
  });

  it("goes from a trace to the statement that stores", async () => {
    const symbol = newSymbol();
    const body = JSON.stringify({ symbol, msg: "a" });
    await post(body, "application/json", { scope: "write" }, { traceparent });
    await neon.untilStored(symbol, 1);
    const stored = neon.statements.filter((one) => one.includes("insert into log_lines"));
    expect(stored.join()).toContain("correlation_id=4bf92f3577b34da6a3ce929d0e0e4736");
  });
});

it("LG-7 TR-1 parameters that are wrong are told, each", async () => {
  const query = "level=loud&after=x&q=%25&limit=0&from=2026-01-02&to=2026-01-01&colour=red";
  const response = await ask(`/api/logs?${query}`, {}, "read");
  expect(response.status).toBe(400);
  const { errors = [] } = problemSchema.parse(await response.json());
  expect(errors.map(({ path }) => path).sort()).toEqual(
    ["after", "colour", "level", "limit", "q", "to"].sort(),
  );
  expect((await ask(`/api/trace/${"x".repeat(201)}`, {}, "read")).status).toBe(400);
  expect((await ask("/api/trace/x?from=1", {}, "read")).status).toBe(400);
  expect((await ask("/api/logs")).status).toBe(401);
  expect((await ask("/api/trace/x")).status).toBe(401);
  expect((await ask("/api/logs?symbol=NOBODY", {}, "read")).status).toBe(404);
});
