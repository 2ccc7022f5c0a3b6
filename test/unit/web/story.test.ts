import { describe, expect, test } from "vitest";
import type { TracedEvent } from "../../../src/protocol/answers/trace.ts";
import { storyOf } from "../../../web/data/trace/story.ts";

const T = 1_795_763_000_000_000;
const at = (us: number, event: object) => ({ ts: T + us, ...event }) as TracedEvent;
const order = (us: number, status: string, more: object = {}) =>
  at(us, { kind: "order", symbol: "BTC-USD", id: "A-1", status, ...more });

describe("the story of one id", () => {
  test("has each event's time since the first and since the one before, and who took part", () => {
    const { steps, spanUs, symbols, services } = storyOf([
      at(0, { kind: "log", symbol: "_system", service: "router", event: "chosen", level: "info" }),
      order(1_500, "sent", { side: "buy", quantity: 2, price: 100 }),
      at(4_000, { kind: "log", service: "router", event: "late", level: "error" }),
    ]);
    expect(steps.map(({ sinceUs, afterUs }) => [sinceUs, afterUs])).toEqual([
      [0, 0],
      [1_500, 1_500],
      [4_000, 2_500],
    ]);
    expect(steps.map(({ words }) => words)).toEqual([
      "router: chosen",
      "sent: A-1, buy 2, limit 100.00",
      "router: late",
    ]);
    expect(steps.map(({ tone }) => tone)).toEqual(["plain", "plain", "bad"]);
    expect([spanUs, symbols, services]).toEqual([4_000, ["_system", "BTC-USD"], ["router"]]);
  });

  test("has the legs of each order; a status told twice is one leg still", () => {
    const { legs } = storyOf([
      order(0, "sent"),
      order(10, "sent"),
      order(2_400, "acknowledged"),
      at(2_500, { kind: "order", symbol: "ETH-USD", id: "A-1", status: "sent" }),
      order(9_000, "filled", { filled: 2, avg_price: 99.5 }),
    ]);
    expect(legs).toEqual([
      { order: "A-1", from: "sent", to: "acknowledged", us: 2_400 },
      { order: "A-1", from: "acknowledged", to: "filled", us: 6_600 },
    ]);
  });

  test("tells a trade, a metric, a note, an alert and our own line in words", () => {
    const { steps } = storyOf([
      at(0, { kind: "trade", side: "sell", size: 0.5, price: 12.25 }),
      at(0, { kind: "metric", metric: "latency_ms", value: 1.5 }),
      at(0, { kind: "note", text: "halted", level: "warn" }),
      at(0, { kind: "alert", rule: "slow", state: "firing" }),
      at(0, { kind: "own_log", component: "worker", event: "request" }),
      at(0, { kind: "own_log" }),
    ]);
    expect(steps.map(({ words }) => words)).toEqual([
      "sell 0.5 at 12.25",
      "latency_ms = 1.500",
      "halted",
      "slow is firing",
      "worker: request",
      "own_log",
    ]);
  });

  test("of nothing is empty", () => {
    expect(storyOf([])).toEqual({ steps: [], legs: [], spanUs: 0, symbols: [], services: [] });
  });
});
