import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { problemSchema } from "../../src/protocol/problem.ts";
import { ask, tokenOf } from "./edgetape.ts";
import { FakeNeon } from "./fake-neon.ts";

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
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
