import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { attributionAnswerSchema } from "../../../src/protocol/answers/attribution.ts";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import { ask, makeKnown, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

beforeEach(async () => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
  await makeKnown("A", "B", "AB", "NO-ONE");
});
afterEach(() => {
  vi.restoreAllMocks();
});

const PATH = "/api/analytics/attribution";
const many = (count: number, name = "S") =>
  Array.from({ length: count }, (_, at) => `${name}${at}`);

async function issuesOf(response: Response): Promise<string[]> {
  expect(response.status).toBe(400);
  const problem = problemSchema.parse(await response.json());
  return (problem.errors ?? []).map((issue) => issue.path);
}

const post = (body: unknown, query = "symbols=A", scope = "read") =>
  ask(
    `${PATH}?${query}`,
    { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) },
    scope,
  );

describe("attribution", () => {
  it("of a symbol without trades and positions says so", async () => {
    const response = await ask(`${PATH}?symbols=NO-ONE&fees=fees`, {}, "read");
    const answer = attributionAnswerSchema.parse(await response.json());
    expect(answer.by_symbol).toEqual([{ symbol: "NO-ONE", pnl: { kind: "no_position" }, fees: 0 }]);
    expect(answer).not.toHaveProperty("reported");
    expect(answer).not.toHaveProperty("brinson_fachler");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("takes a benchmark by POST, with the scope of reading", async () => {
    const response = await post({
      benchmark: [
        { symbol: "B", weight: 0.5 },
        { segment: "bonds", weight: 0.5, return: 0.01 },
      ],
      segments: { A: "shares", B: "shares" },
    });
    const answer = attributionAnswerSchema.parse(await response.json());
    expect(answer.brinson_fachler).toEqual({ kind: "no_position" });
    expect(Object.keys(answer.cursors)).toEqual(["A", "B"]);
    const refused = await post({ benchmark: [{ symbol: "B", weight: 1 }] }, "symbols=A", "write");
    expect(refused.status).toBe(403);
    await refused.arrayBuffer();
  });
});

describe("attribution refuses, with the parameter's name,", () => {
  const day = "from=2024-01-01T00:00:00Z&to=2024-01-02T00:00:00Z";
  it.each([
    ["no symbols", "", ["symbols"]],
    ["more than fifty", `symbols=${many(51)}`, ["symbols"]],
    ["one twice", "symbols=A,A", ["symbols"]],
    ["what is no symbol", "symbols=A,%20", ["symbols"]],
    ["another interval", "symbols=A&interval=2h", ["interval"]],
    ["an unknown name", "symbols=A&benchmark=B", ["benchmark"]],
    ["a range that ends before it begins", `symbols=A&${day.replace("-02T", "-01T")}`, ["to"]],
    [
      "a range inside one bucket",
      "symbols=A&from=2024-01-01T00:10:00Z&to=2024-01-01T00:50:00Z",
      ["to"],
    ],
    ["more than 10,000 buckets", `symbols=A&interval=1s&${day}`, ["interval"]],
    ["more than 100,000 closes", `symbols=${many(50)}&interval=15s&${day}`, ["symbols"]],
    ["a time in milliseconds", "symbols=A&to=1700000000000", ["to"]],
    ["an account that cannot be", "symbols=A&account=%00", ["account"]],
    ["an account too long", `symbols=A&account=${"x".repeat(201)}`, ["account"]],
    ["metrics that cannot be", "symbols=A&fees=&value=%00", ["fees", "value"]],
    ["all that is wrong at once", "symbols=&interval=x&to=1", ["symbols", "interval", "to"]],
  ])("%s", async (_, query, paths) => {
    expect(await issuesOf(await ask(`${PATH}?${query}`, {}, "read"))).toEqual(paths);
  });

  const whole = { symbol: "B", weight: 1 };
  it.each([
    ["a benchmark that is missing", {}, ["benchmark"]],
    ["an empty one", { benchmark: [] }, ["benchmark"]],
    ["a list alone", [whole], ["body"]],
    ["an unknown field", { benchmark: [whole], segment: {} }, ["body"]],
    [
      "a weight in per cent",
      { benchmark: [{ ...whole, weight: 100 }] },
      ["benchmark[0].weight", "benchmark"],
    ],
    ["weights that are not all", { benchmark: [{ ...whole, weight: 0.9 }] }, ["benchmark"]],
    [
      "a weight as text",
      { benchmark: [whole, { ...whole, weight: "1" }] },
      ["benchmark[1].weight"],
    ],
    ["what is no symbol", { benchmark: [{ symbol: " ", weight: 1 }] }, ["benchmark[0].symbol"]],
    ["a part without a return", { benchmark: [{ segment: "x", weight: 1 }] }, ["benchmark[0]"]],
    ["a symbol with a return", { benchmark: [{ ...whole, return: 0.1 }] }, ["benchmark[0]"]],
    [
      "a symbol twice",
      {
        benchmark: [
          { ...whole, weight: 0.5 },
          { ...whole, weight: 0.5 },
        ],
      },
      ["benchmark"],
    ],
    [
      "segments of what is nowhere",
      { benchmark: [whole], segments: { A: "x", C: "y" } },
      ["segments.C"],
    ],
    [
      "more than fifty symbols together",
      { benchmark: many(50, "B").map((symbol) => ({ symbol, weight: 0.02 })) },
      ["benchmark"],
    ],
  ])("%s", async (_, body, paths) => {
    expect(await issuesOf(await post(body))).toEqual(paths);
  });

  it("a body that is no JSON", async () => {
    const response = await post("benchmark: B");
    expect(response.status).toBe(400);
    expect(problemSchema.parse(await response.json()).detail).toContain("not JSON");
  });

  it("symbols that the token is not for, whether held, compared or those of the reported value", async () => {
    const token = await tokenOf({ scope: "read", symbols: ["A*"] });
    const headers = { authorization: `Bearer ${token}` };
    const statusOf = async (query: string, body?: unknown) => {
      const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
      const response = await ask(`${PATH}?${query}`, { headers, ...init });
      await response.arrayBuffer();
      return response.status;
    };
    expect(await statusOf("symbols=A")).toBe(200);
    expect(await statusOf("symbols=A,B")).toBe(403);
    expect(await statusOf("symbols=A&value=portfolio_value")).toBe(403);
    expect(await statusOf("symbols=A", { benchmark: [whole] })).toBe(403);
    expect(await statusOf("symbols=A", { benchmark: [{ symbol: "AB", weight: 1 }] })).toBe(200);
  });
});
