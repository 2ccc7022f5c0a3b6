import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { closeSockets, hostStubOf, newSymbol, push } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";
import { TestViewer } from "../test-viewer.ts";

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

it("B-6 the last bar before a silence is said to be closed once, by the clock, and then corrected", async () => {
  const symbol = newSymbol();
  const startMs = Date.now();
  // However long this takes, no time passes that nobody has let pass.
  const clock = vi.spyOn(Date, "now").mockReturnValue(startMs);
  const minuteMs = Math.floor(startMs / 60_000) * 60_000 - 60_000;
  const trade = (atMs: number, price: number) =>
    push("trades", { symbol, price, size: 1, ts: (minuteMs + atMs) * 1_000 });
  await trade(1_000, 10);
  const viewer = await TestViewer.join(symbol, 0);
  await viewer.expect("hello");
  await viewer.expect("events");
  await viewer.expect("caught_up");
  await runDurableObjectAlarm(hostStubOf(symbol));
  await trade(2_000, 11);
  // Five seconds have not passed since that trade: the alarm says nothing.
  await viewer.expect("events");
  await runDurableObjectAlarm(hostStubOf(symbol));
  expect(viewer.unread).toEqual([]);
  clock.mockReturnValue(startMs + 14_000);
  await runDurableObjectAlarm(hostStubOf(symbol));
  expect(await viewer.expect("bar")).toMatchObject({ close: 11, trades: 2, revision: 0 });
  await evictDurableObject(hostStubOf(symbol));
  viewer.send("ping");
  await viewer.nextText();
  await runDurableObjectAlarm(hostStubOf(symbol));
  await trade(3_000, 12);
  await viewer.expect("events");
  expect(await viewer.expect("bar")).toMatchObject({ close: 12, trades: 3, revision: 1 });
  await trade(61_000, 13);
  await viewer.expect("events");
  await trade(4_000, 14);
  await viewer.expect("events");
  expect(await viewer.expect("bar")).toMatchObject({ close: 14, trades: 4, revision: 2 });
});
