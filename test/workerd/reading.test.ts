import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { problemSchema } from "../../src/protocol/problem.ts";
import { ask, newSymbol, push } from "./edgetape.ts";
import { FakeNeon } from "./fake-neon.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
});
afterEach(() => vi.restoreAllMocks());

/** The names of the parameters that an answer of 400 finds wrong. */
async function refused(path: string): Promise<string[]> {
  const response = await ask(path, {}, "read");
  expect(response.status).toBe(400);
  return problemSchema.parse(await response.json()).errors?.map((issue) => issue.path) ?? [];
}

describe("an export", () => {
  it("INV-3 has what is not in Postgres yet, in lines that can be pushed again as they are", async () => {
    const symbol = newSymbol();
    neon.isAway = true;
    const first = { symbol, price: 1, size: 2, side: "sell", id: "i", venue: "é", ts: 1.79e15 };
    await push("trades", [{ ...first, ts: 1.79e15 + 1, id: "j" }, first, first]);
    await push("metrics", { symbol, metric: "m", value: 1 });
    neon.isAway = false;
    const response = await ask(`/api/export?symbol=${symbol}&kind=trade`, {}, "read");
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const text = await response.text();
    const lines = text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { ...first, kind: "trade" },
      { ...first, kind: "trade", ts: 1.79e15 + 1, id: "j" },
    ]);
    const again = await push("trades", text, { "content-type": "application/x-ndjson" });
    expect(again.status).toBe(202);
    const elsewhere = await push("metrics", text, { "content-type": "application/x-ndjson" });
    expect(elsewhere.status).toBe(422);
  });

  it("is refused in one answer for everything that is wrong with it", async () => {
    expect(await refused("/api/export?from=yesterday&step=1m")).toEqual([
      "step",
      "symbol",
      "kind",
      "from",
    ]);
    expect(await refused("/api/export?symbol=A&kind=trade&metric=m&from=0&to=0")).toEqual([
      "metric",
      "to",
    ]);
    expect(await refused("/api/export?symbol=A&kind=book")).toEqual(["kind"]);
  });

  it("is a 503 where the database is away before it has begun", async () => {
    neon.isAway = true;
    const response = await ask(`/api/export?symbol=${newSymbol()}&kind=metric`, {}, "read");
    expect(response.status).toBe(503);
    await response.body?.cancel();
  });
});
