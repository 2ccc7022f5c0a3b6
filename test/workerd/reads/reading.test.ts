import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { configOf } from "../../../src/config.ts";
import { seriesAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import { ask, makeKnown, newSymbol, push } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

let neon: FakeNeon;
beforeEach(async () => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
  await makeKnown("A");
});
afterEach(() => vi.restoreAllMocks());

/** The names of the parameters that an answer of 400 finds wrong. */
async function refused(path: string): Promise<string[]> {
  const response = await ask(path, {}, "read");
  expect(response.status).toBe(400);
  return problemSchema.parse(await response.json()).errors?.map((issue) => issue.path) ?? [];
}

describe("a series", () => {
  async function stepOf(query: string): Promise<number> {
    const response = await ask(`/api/series?metric=m&symbol=A${query}`, {}, "read");
    return seriesAnswerSchema.parse(await response.json()).step_us;
  }

  it("has the step for as many points as are asked for", async () => {
    const month = "&from=2026-01-01T00:00:00Z&to=2026-01-31T00:00:00Z";
    expect(await stepOf("")).toBe(5_000_000);
    expect(await stepOf(month)).toBe(3_600_000_000);
    expect(await stepOf(`${month}&points=100`)).toBe(43_200_000_000);
    expect(await stepOf(`${month}&step=1d`)).toBe(86_400_000_000);
    expect(await stepOf("&step=raw")).toBe(0);
  });

  it("is refused with points and step together, and with too many points", async () => {
    expect(await refused("/api/series?metric=m&step=1m&points=10")).toEqual(["points"]);
    expect(await refused("/api/series?metric=m&step=raw&points=10")).toEqual(["points"]);
    expect(await refused("/api/series?points=10001&agg=p98")).toEqual(["metric", "points", "agg"]);
    expect(await refused("/api/series?metric=m&points=0")).toEqual(["points"]);
  });
});

describe.each([
  ["a series", "/api/series?metric=m&symbol="],
  ["history", "/api/history/"],
])("%s that may be kept", (_, route) => {
  afterEach(() => {
    configOf(env).PUBLIC_READ = false;
  });

  const pathOf = (symbol: string, toUs: number) =>
    `${route}${symbol}${route.includes("?") ? "&" : "?"}from=1700000000000000&to=${toUs}`;

  it("is 304 for whoever has it, whatever comes outside its range", async () => {
    const symbol = newSymbol();
    await makeKnown(symbol);
    const path = pathOf(symbol, 1_700_003_600_000_000);
    const pushAt = async (ts: number) => {
      await push("trades", { symbol, price: 1, size: 1, ts });
      await push("metrics", { symbol, metric: "m", value: 1, ts });
    };
    const first = await ask(path, {}, "read");
    expect(first.status).toBe(200);
    expect(first.headers.get("cache-control")).toBe("private, max-age=10, must-revalidate");
    expect(first.headers.get("vary")).toBe("Authorization, Origin");
    await first.arrayBuffer();
    const headers = { "if-none-match": `"other", ${first.headers.get("etag")}` };
    await pushAt(1_700_003_600_000_000);
    const same = await ask(path, { headers }, "read");
    expect([same.status, await same.text()]).toEqual([304, ""]);
    expect(same.headers.get("etag")).toBe(first.headers.get("etag"));
  });

  it("is public only without a token, and asked for every time while its range is open", async () => {
    configOf(env).PUBLIC_READ = true;
    const control = async (path: string, scope?: string) => {
      const response = await ask(path, {}, scope);
      await response.arrayBuffer();
      return response.headers.get("cache-control");
    };
    const symbol = newSymbol();
    await makeKnown(symbol);
    const closed = pathOf(symbol, 1_700_003_600_000_000);
    expect(await control(closed)).toBe("public, max-age=10, must-revalidate");
    expect(await control(closed, "read")).toBe("private, max-age=10, must-revalidate");
    const open = pathOf(symbol, Date.now() * 1_000 - 60_000_000);
    expect(await control(open)).toBe("public, no-cache");
  });
});

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
    expect(await refused("/api/export?symbol=A&kind=bar")).toEqual(["kind"]);
  });

  it("is a 503 where the database is away before it has begun", async () => {
    neon.isAway = true;
    const response = await ask("/api/export?symbol=A&kind=metric", {}, "read");
    expect(response.status).toBe(503);
    await response.body?.cancel();
  });
});
