import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundedText, MOST_CHARS, withTimes } from "../../../src/formats/mcp/bounded.ts";
import { type McpAnswer, readMessage, toolResult } from "../../../src/formats/mcp/messages.ts";
import {
  describeTool,
  readArguments,
  TOOLS,
  type Tool,
  targetOf,
} from "../../../src/formats/mcp/tools.ts";

const NONE = { version: undefined, method: undefined, name: undefined };
const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

function legacy(method: string, params?: object, version = "2025-06-18") {
  return read({ jsonrpc: "2.0", id: 1, method, params }, { ...NONE, version });
}

function modern(method: string, params: object = {}, headers = {}) {
  const message = { jsonrpc: "2.0", id: "a", method, params: { ...params, _meta: META } };
  return read(message, { ...NONE, version: "2026-07-28", method, ...headers });
}

function read(message: object, headers: Parameters<typeof readMessage>[1]): McpAnswer {
  const reading = readMessage(JSON.stringify(message), headers);
  return reading.kind === "answer" ? reading.answer : reading.answer(toolResult(reading.name));
}

function tool(name: string): Tool {
  const found = TOOLS.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

describe("a message of the Model Context Protocol", () => {
  it("begins with a handshake in the version that was asked for, or the newest that has one", () => {
    for (const [asked, answered] of [
      ["2025-06-18", "2025-06-18"],
      ["2024-11-05", "2024-11-05"],
      ["2026-07-28", "2025-11-25"],
      ["1999-01-01", "2025-11-25"],
    ]) {
      expect(
        read(
          { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: asked } },
          NONE,
        ),
      ).toMatchObject({
        status: 200,
        body: {
          id: 1,
          result: {
            protocolVersion: answered,
            capabilities: { tools: {} },
            serverInfo: { name: "edgetape" },
          },
        },
      });
    }
    expect(read({ jsonrpc: "2.0", method: "notifications/initialized" }, NONE)).toEqual({
      status: 202,
      body: null,
    });
  });

  it("of the older kind has results as they were, of the newer all that it needs", () => {
    expect(legacy("tools/list").body).not.toHaveProperty("result.resultType");
    expect(legacy("ping").body).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    expect(modern("tools/list").body).toMatchObject({
      result: { resultType: "complete", ttlMs: expect.any(Number), cacheScope: "public" },
    });
    expect(modern("server/discover").body).toMatchObject({
      result: { supportedVersions: expect.arrayContaining(["2026-07-28", "2025-11-25"]) },
    });
    expect(modern("tools/call", { name: "history" }, { name: "history" }).body).toMatchObject({
      result: { resultType: "complete", content: [{ type: "text", text: "history" }] },
    });
  });

  it.each([
    ["a method nobody has, newer", () => modern("nothing/here"), 404, -32_601],
    ["a method nobody has, older", () => legacy("nothing/here"), 200, -32_601],
    ["a tool nobody has", () => legacy("tools/call", { name: "rm" }), 200, -32_602],
    ["a version nobody speaks", () => legacy("tools/list", {}, "2030-01-01"), 400, -32_022],
    ["headers of another method", () => modern("ping", {}, { method: "tools/list" }), 400, -32_020],
    [
      "headers of another tool",
      () => modern("tools/call", { name: "risk" }, { name: "book" }),
      400,
      -32_020,
    ],
    [
      "the newer version without its fields",
      () => legacy("tools/list", {}, "2026-07-28"),
      400,
      -32_602,
    ],
    [
      "an id that a double does not hold",
      () => read({ jsonrpc: "2.0", id: 2 ** 53, method: "ping" }, NONE),
      400,
      -32_600,
    ],
    ["a batch", () => read([{ jsonrpc: "2.0", id: 1, method: "ping" }], NONE), 400, -32_600],
  ])("%s is refused with a code that clients know", (_, ask, status, code) => {
    expect(ask()).toMatchObject({ status, body: { error: { code } } });
  });

  it("is answered whatever it is", () => {
    const version = fc.constantFrom(undefined, "2025-06-18", "2026-07-28", "x");
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), version, (text, version) => {
        const reading = readMessage(text, { ...NONE, version });
        expect(reading.kind).toBe("answer");
      }),
    );
  });
});

describe("a tool", () => {
  it("is described as the protocol wants it, with a schema that takes what the tool takes", () => {
    const ajv = new Ajv2020();
    for (const one of TOOLS) {
      const { inputSchema, annotations } = describeTool(one) as {
        inputSchema: object;
        annotations: object;
      };
      const takes = ajv.compile(inputSchema);
      expect(annotations).toMatchObject({ readOnlyHint: true });
      const needed = Object.entries(one.inputs).filter(([, { isRequired }]) => isRequired);
      const args = Object.fromEntries(
        needed.map(([name, input]) => [name, input.enum?.[0] ?? "A"]),
      );
      expect([one.name, takes(args), readArguments(one, args).kind]).toEqual([
        one.name,
        true,
        "fit",
      ]);
      expect([
        one.name,
        takes({ ...args, x: 1 }),
        readArguments(one, { ...args, x: 1 }).kind,
      ]).toEqual([...[one.name, false, "wrong"]]);
    }
  });

  it("asks the route with what it was given, encoded, and never for more than its limit", () => {
    const ask = (name: string, args: object) => {
      const reading = readArguments(tool(name), args);
      return reading.kind === "fit" ? targetOf(tool(name), reading.values) : reading.message;
    };
    expect(ask("history", { symbol: "BTC/USDT", interval: "1h", from: "now-6h" })).toBe(
      "/api/history/BTC%2FUSDT?interval=1h&from=now-6h&limit=100",
    );
    expect(ask("history", { symbol: "A", limit: 5_000 })).toBe(
      "limit must be a whole number from 1 to 1000",
    );
    expect(ask("history", { symbol: "../x?y#z" })).toBe("/api/history/..%2Fx%3Fy%23z?limit=100");
    for (const symbol of [".", "..", ""]) {
      expect(ask("order", { symbol, id: "x" })).toMatch(/^symbol must not be empty/);
      expect(ask("trace", { correlation_id: symbol })).toMatch(/^correlation_id must not/);
    }
    expect(ask("history", {})).toBe("symbol is missing");
    expect(ask("series", { metric: "a&b" })).toBe("/api/series?metric=a%26b&points=100");
    expect(ask("series", { metric: "m", step: "raw" })).toBe("/api/series?metric=m&step=raw");
    expect(ask("list_symbols", { match: "btc" })).toBe("/api/symbols");
    expect(ask("events", { symbol: "A", kind: "trade", from: "now-1h", limit: 3 })).toBe(
      "/api/export?symbol=A&kind=trade&from=now-1h",
    );
    expect(ask("book", { symbol: { $ne: 1 } })).toBe("symbol must be text");
    expect(ask("book", { symbol: "A", toString: 1 })).toMatch(/^toString is unknown/);
  });
});

describe("an answer for a model", () => {
  it("has moments as text, and numbers that are none as they are", () => {
    const answer = {
      ts: [1_795_422_741_819_001],
      last: 1_795_422_741_819_001,
      cursor: 1_795_422_741_819_001,
    };
    expect(withTimes(JSON.stringify({ ...answer, to: 5 }))).toEqual({
      ...answer,
      ts: ["2026-11-23T08:32:21.819001Z"],
      to: 5,
    });
  });

  it("is cut to the end that matters, and says so, whatever its length", () => {
    const bars = Array.from({ length: 10_000 }, (_, at) => ({ ts: at, close: at }));
    const text = boundedText(tool("history"), { symbol: "A", bars });
    expect(text.length).toBeLessThanOrEqual(MOST_CHARS);
    const cut = JSON.parse(text) as { cut: { shown: number }; bars: { close: number }[] };
    expect(cut).toMatchObject({
      symbol: "A",
      cut: { of: 10_000, what: "bars", advice: expect.any(String) },
    });
    expect(cut.bars).toHaveLength(cut.cut.shown);
    expect(cut.bars.at(-1)?.close).toBe(9_999);
  });

  it("of long columns keeps the newest points of each series", () => {
    const ts = Array.from({ length: 10_000 }, (_, at) => at);
    const series = [
      { metric: "m", labels: {}, ts, last: ts },
      { metric: "m", ts: [1], last: [1] },
    ];
    const { series: kept = [] } = JSON.parse(boundedText(tool("series"), { series })) as {
      series: { ts: number[]; last: number[] }[];
    };
    expect(kept[0]?.ts.at(-1)).toBe(9_999);
    expect(kept[0]?.ts).toEqual(kept[0]?.last);
    expect(kept[1]?.ts).toEqual([1]);
  });

  it("that is one long thing says that it is too long", () => {
    const long = "x".repeat(MOST_CHARS);
    for (const answer of [{ book: { bids: long } }, { bars: [long, long] }]) {
      const text = boundedText(tool("history"), answer);
      expect(JSON.parse(text)).toMatchObject({ cut: { what: expect.any(String) } });
      expect(text.length).toBeLessThanOrEqual(MOST_CHARS);
    }
  });
});
