import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import { configOf } from "../../../src/config.ts";
import { ask, closeSockets, newSymbol, push, pushPoints, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";
import { TestViewer } from "../test-viewer.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(neon.fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

/** Every sample of a scrape, by name and labels. */
async function scrape(): Promise<Map<string, number>> {
  const response = await ask("/metrics", {}, "read");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const lines = (await response.text()).split("\n").filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(" ")),
      Number(line.slice(line.lastIndexOf(" "))),
    ]),
  );
}

/** How much each sample grew while `work` went on. */
async function growthOf(work: () => Promise<unknown>): Promise<(sample: string) => number> {
  const before = await scrape();
  await work();
  const after = await scrape();
  return (sample) => (after.get(sample) ?? 0) - (before.get(sample) ?? 0);
}

describe("T-1 GET /metrics", () => {
  it("counts requests by route, events by kind, refusals by cause, and acknowledgements by time", async () => {
    const symbol = newSymbol();
    // What is told of the host before it is that of its life in another file of tests.
    await pushPoints(newSymbol(), 0);
    const grew = await growthOf(async () => {
      await push("trades", [
        { symbol, price: 1, size: 1 },
        { symbol, price: 2, size: 1 },
      ]);
      await pushPoints(symbol, 0, 3);
      await push("metrics", "{");
      await ask("/api/metrics", { method: "POST", body: "[]" });
      await ask(`/api/history/${symbol}-not`, {}, "read");
      await ask(`/${symbol}`, {}, "read");
    });
    const requests = (route: string, method: string, status: string) =>
      grew(`edgetape_requests_total{route="${route}",method="${method}",status="${status}"}`);
    expect(requests("/api/trades", "POST", "2xx")).toBe(1);
    expect(requests("/api/metrics", "POST", "2xx")).toBe(1);
    expect(requests("/api/metrics", "POST", "4xx")).toBe(2);
    expect(requests("/api/history/:symbol", "GET", "4xx")).toBe(1);
    expect(grew('edgetape_accepted_events_total{kind="trade"}')).toBe(2);
    expect(grew('edgetape_accepted_events_total{kind="metric"}')).toBe(3);
    expect(grew('edgetape_refused_requests_total{cause="unreadable-body"}')).toBe(1);
    expect(grew('edgetape_refused_requests_total{cause="unauthorized"}')).toBe(1);
    expect(grew("edgetape_ack_seconds_count")).toBe(2);
    expect(grew('edgetape_ack_seconds_bucket{le="+Inf"}')).toBe(2);
    expect(grew("edgetape_rooms")).toBe(1);
  });

  it("counts lines and text that line protocol left out", async () => {
    const authorization = `Token ${await tokenOf({ scope: "write" })}`;
    const grew = await growthOf(() =>
      ask("/write", { method: "POST", headers: { authorization }, body: 'm a=1,b="x"\nm a=y' }),
    );
    expect(grew('edgetape_line_protocol_left_out_total{what="line"}')).toBe(1);
    expect(grew('edgetape_line_protocol_left_out_total{what="text_field"}')).toBe(1);
  });

  it("counts viewers, what they were sent, and replays", async () => {
    const symbol = newSymbol();
    await pushPoints(symbol, 0, 5);
    const before = await scrape();
    const viewer = await TestViewer.join(symbol, 0);
    for (const type of ["hello", "events", "caught_up"] as const) await viewer.expect(type);
    const after = await scrape();
    const grew = (sample: string) => (after.get(sample) ?? 0) - (before.get(sample) ?? 0);
    expect(grew('edgetape_viewers{at="host"}')).toBe(1);
    expect(grew("edgetape_replays_total")).toBe(1);
    expect(grew("edgetape_replayed_events_total")).toBe(5);
    expect(grew("edgetape_sent_messages_total")).toBeGreaterThanOrEqual(3);
    expect(grew("edgetape_sent_bytes_total")).toBeGreaterThan(300);
  });
});

describe("T-2 who may read it", () => {
  it("is a token that may read all symbols", async () => {
    expect((await ask("/metrics", {}, "admin")).status).toBe(200);
    expect((await ask("/metrics", {}, "write")).status).toBe(403);
    expect((await ask("/metrics")).status).toBe(401);
    const some = await tokenOf({ scope: "read", symbols: ["A*"] });
    const headers = { authorization: `Bearer ${some}` };
    expect((await ask("/metrics", { headers })).status).toBe(403);
  });

  it("is nobody without a token where reading is public", async () => {
    const config = configOf(env as unknown as Env);
    const { PUBLIC_READ } = config;
    Object.assign(config, { PUBLIC_READ: true });
    try {
      expect((await ask("/api/symbols")).status).toBe(200);
      expect((await ask("/metrics")).status).toBe(401);
      expect((await ask("/metrics", {}, "read")).status).toBe(200);
    } finally {
      Object.assign(config, { PUBLIC_READ });
    }
  });
});

describe("T-3 a scrape", () => {
  it("asks no object", async () => {
    await pushPoints(newSymbol(), 0);
    await scrape();
    const { HOST, KEEPER, WRITER } = env as unknown as Env;
    const gets = [HOST, KEEPER, WRITER].map((namespace) => vi.spyOn(namespace, "get"));
    // What is asked is seen here.
    await ask("/api/symbols", {}, "read");
    expect(gets[0]).toHaveBeenCalled();
    for (const get of gets) get.mockClear();
    for (let times = 0; times < 3; times += 1) await scrape();
    for (const get of gets) expect(get).not.toHaveBeenCalled();
  });
});
