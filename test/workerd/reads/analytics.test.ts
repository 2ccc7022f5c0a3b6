import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import { ask, makeKnown, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

beforeEach(async () => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
  await makeKnown("A", "B");
});
afterEach(() => {
  vi.restoreAllMocks();
});

const many = (count: number) => Array.from({ length: count }, (_, at) => `S${at}`).join(",");

async function issuesOf(path: string): Promise<string[]> {
  const response = await ask(`/api/analytics/${path}`, {}, "read");
  expect(response.status).toBe(400);
  const problem = problemSchema.parse(await response.json());
  return (problem.errors ?? []).map((issue) => issue.path);
}

describe("correlation refuses, with the parameter's name,", () => {
  it.each([
    ["no symbols", "", ["symbols"]],
    ["one symbol", "symbols=A", ["symbols"]],
    ["more than fifty", `symbols=${many(51)}`, ["symbols"]],
    ["one twice", "symbols=A,B,A", ["symbols"]],
    ["no symbol at all", "symbols=A,%20", ["symbols"]],
    ["another interval", "symbols=A,B&interval=2h", ["interval"]],
    ["an unknown name", "symbols=A,B&step=1h", ["step"]],
    [
      "a range that ends before it begins",
      "symbols=A,B&from=2024-02-01T00:00:00Z&to=2024-01-01T00:00:00Z",
      ["to"],
    ],
    [
      "more than 10,000 buckets",
      "symbols=A,B&interval=1s&from=2024-01-01T00:00:00Z&to=2024-01-01T02:46:41Z",
      ["interval"],
    ],
    [
      "more than 100,000 closes",
      `symbols=${many(50)}&interval=1m&from=2024-01-01T00:00:00Z&to=2024-01-02T09:21:00Z`,
      ["symbols"],
    ],
    ["a time in seconds", "symbols=A,B&to=1700000000", ["to"]],
  ])("%s", async (_, query, paths) => {
    expect(await issuesOf(`correlation?${query}`)).toEqual(paths);
  });

  it("symbols that the token is not for", async () => {
    const token = await tokenOf({ scope: "read", symbols: ["A*"] });
    const headers = { authorization: `Bearer ${token}` };
    const response = await ask("/api/analytics/correlation?symbols=A,B", { headers });
    expect(response.status).toBe(403);
    await response.arrayBuffer();
  });
});

describe("risk refuses, with the parameter's name,", () => {
  const decade = "from=2010-01-01T00:00:00Z&to=2020-01-01T00:00:00Z";
  it.each([
    ["no symbol", "", ["symbol"]],
    ["what is no symbol", "symbol=%20", ["symbol"]],
    ["labels without a metric", 'symbol=A&labels={"a":"1"}', ["labels"]],
    ["an empty metric", "symbol=A&metric=", ["metric"]],
    ["labels that are no object", "metric=m&labels=[1]", ["labels"]],
    ["another interval", "symbol=A&interval=1w", ["interval"]],
    ["an unknown name", "symbol=A&riskfree=0", ["riskfree"]],
    ["an empty range", `symbol=A&${decade.replace("2020", "2010")}`, ["to"]],
    ["more than 10,000 buckets", `symbol=A&interval=4h&${decade}`, ["interval"]],
    ["a rate in per cent", "symbol=A&risk_free=4", ["risk_free"]],
    ["a rate that is no number", "symbol=A&risk_free=", ["risk_free"]],
    ["a rate of losing all", "symbol=A&risk_free=-1", ["risk_free"]],
    ["no periods", "symbol=A&periods_per_year=0", ["periods_per_year"]],
    ["endless periods", "symbol=A&periods_per_year=1e99", ["periods_per_year"]],
  ])("%s", async (_, query, paths) => {
    expect(await issuesOf(`risk?${query}`)).toEqual(paths);
  });

  it("a symbol that the token is not for, with and without a metric", async () => {
    const token = await tokenOf({ scope: "read", symbols: ["A*"] });
    const headers = { authorization: `Bearer ${token}` };
    for (const query of ["symbol=B", "symbol=B&metric=m", "metric=portfolio_value"]) {
      const response = await ask(`/api/analytics/risk?${query}`, { headers });
      expect(response.status).toBe(403);
      await response.arrayBuffer();
    }
  });
});
