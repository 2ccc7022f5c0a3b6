import { expect, it } from "vitest";
import { type DeskEvent, deskEvents } from "../../../../dev/demo/market/desk.ts";
import { Market } from "../../../../dev/demo/market/market.ts";
import { notePushSchema } from "../../../../src/protocol/events/note.ts";
import { type OrderPush, orderPushSchema } from "../../../../src/protocol/events/order.ts";

const market = new Market({ seed: "1", tradesPerSecond: 8 });
const NOON_US = Date.UTC(2026, 10, 23, 12) * 1_000;
const QUARTER_US = 15 * 60e6;
const events = deskEvents(market, NOON_US, NOON_US + QUARTER_US);
const of = (path: DeskEvent["path"]) =>
  events.filter((event) => event.path === path).map(({ event }) => event);

it("the desk's events are the same whatever windows they are asked for in, each once and in time", () => {
  const inParts: DeskEvent[] = [];
  for (let us = NOON_US; us < NOON_US + QUARTER_US; us += 777_777) {
    inParts.push(...deskEvents(market, us, Math.min(us + 777_777, NOON_US + QUARTER_US)));
  }
  expect(inParts).toEqual(events);
  expect(events.every(({ ts }, at) => at === 0 || ts >= (events[at - 1]?.ts ?? 0))).toBe(true);
});

it("they are what the server takes", () => {
  for (const order of of("/api/orders"))
    expect(orderPushSchema.safeParse(order).error).toBeUndefined();
  for (const note of of("/api/notes")) expect(notePushSchema.safeParse(note).success).toBe(true);
  expect(of("/api/notes").length).toBeGreaterThan(0);
  expect(of("/api/logs").length).toBeGreaterThan(200);
});

it("each order is sent, acknowledged or rejected, and filled; what is bought is sold again", () => {
  const orders = Map.groupBy(of("/api/orders") as OrderPush[], ({ id }) => id);
  const held = new Map<string, number>();
  const whole = [...orders.values()].filter(
    (states) => states[0]?.status === "sent" && /filled|rejected/.test(states.at(-1)?.status ?? ""),
  );
  expect(whole.length).toBeGreaterThan(orders.size - 3);
  for (const states of whole) {
    const { symbol, side, filled = 0 } = states.at(-1) as OrderPush;
    held.set(symbol, (held.get(symbol) ?? 0) + (side === "buy" ? filled : -filled));
  }
  // All but the pair that the end cuts through.
  const open = [...held.values()].filter((quantity) => Math.abs(quantity) > 1e-6);
  expect(open.length).toBeLessThan(3);
  expect(whole.some((states) => states.at(-1)?.status === "rejected")).toBe(true);
  expect(whole.some((states) => states.some(({ status }) => status === "partially_filled"))).toBe(
    true,
  );
});
