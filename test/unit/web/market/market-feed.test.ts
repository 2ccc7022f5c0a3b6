import { expect, test } from "vitest";
import type { TapeDeps } from "../../../../client/deps.ts";
import { openMarketFeed } from "../../../../web/feed/market/market-feed.ts";
import { fakeClock } from "../../client/fake-clock.ts";
import { latestServer } from "../../client/latest-server.ts";

function world() {
  const clock = fakeClock();
  const server = latestServer(clock);
  const tape: TapeDeps = {
    ...clock,
    random: () => 0.5,
    openSocket: (url) => server.openSocket(url),
    fetch: () => Promise.reject(new Error("nothing is fetched")),
    isOnline: () => true,
    watch: () => () => undefined,
    report: (error) => {
      throw error;
    },
  };
  return { clock, server, feed: openMarketFeed({ tape, baseUrl: "http://tape.test" }) };
}

test("ST-5 ST-10 one socket watches all symbols there are and come, and who paints one is told of it alone", async () => {
  const { clock, server, feed } = world();
  const painted: string[] = [];
  const changes: string[][] = [];
  feed.onChange((symbols) => changes.push([...symbols]));
  server.set("A", 1);
  const stop = feed.onSymbol("A", () => painted.push("A"));
  feed.onSymbol("B", () => painted.push("B"));
  await clock.advance(10);
  expect(feed.isLive()).toBe(true);
  expect(server.opened.map(({ url }) => url)).toEqual([
    "ws://tape.test/ws?mode=latest&channels=trade,book,position,alert",
  ]);
  server.tick();
  server.set("B", 2);
  server.tick();
  expect(painted).toEqual(["A", "B"]);
  stop();
  server.set("A", 3);
  server.tick();
  expect(painted).toEqual(["A", "B"]);
  expect(changes.filter((symbols) => symbols.length > 0)).toEqual([["A"], ["B"], ["A"]]);
  expect(feed.symbols.get("A")?.trade?.price).toBe(3);
  feed.close();
  expect(clock.pendingTimers()).toBe(0);
});

test("the feed is not live while its socket is away, and goes on with the true values", async () => {
  const { clock, server, feed } = world();
  server.set("A", 1);
  await clock.advance(10);
  server.tick();
  server.drop();
  expect(feed.isLive()).toBe(false);
  server.set("A", 2);
  await clock.advance(20_000);
  server.tick();
  expect(feed.isLive()).toBe(true);
  expect(feed.symbols.get("A")?.trade?.price).toBe(2);
});

test("rooms that the stream refuses are known until they come", async () => {
  const { clock, server, feed } = world();
  server.set("A", 1);
  await clock.advance(10);
  server.refuse("A", "too_many_symbols");
  expect([...feed.refused]).toEqual(["A"]);
  server.tick();
  expect([...feed.refused]).toEqual([]);
});
