import { expect, test } from "vitest";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { Api } from "../../../web/feed/api.ts";
import { openOrderFeed } from "../../../web/feed/room/order-feed.ts";
import { fakeClock } from "../client/fake-clock.ts";

const MINUTE_US = 60e6;

interface Asked {
  limit: number;
  by?: "lived";
  from?: number;
  to?: number;
}

/** A server with an order each minute, named by it, of which those of `open` live on; it answers as OR-5 has it. */
function world(count: number, open: readonly string[] = []) {
  const clock = fakeClock(0);
  const orderOf = (minute: number): OrderEvent => {
    return { kind: "order", ts: (minute * MINUTE_US) as EpochUs, id: `${minute}`, status: "sent" };
  };
  const all = Array.from({ length: count }, (_, i) => orderOf(i + 1)).reverse();
  const asked: Asked[] = [];
  const api = {
    orders: async (_: string, query: Asked) => {
      asked.push(query);
      const { limit, by, from = 0, to = Number.POSITIVE_INFINITY } = query;
      const livesOn = (id: string) => by === "lived" && open.includes(id);
      const found = all.filter(({ ts, id }) => (ts >= from || livesOn(id)) && ts < to);
      const total = { kind: "exact", count: found.length };
      const orders = found.slice(0, limit);
      return { kind: "ok", value: { cursor: 1, orders, total, truncated: found.length > limit } };
    },
  } as unknown as Api;
  const { nowMs, setTimer } = clock;
  const feed = openOrderFeed(
    { api, nowMs, setTimer, random: () => 0.5, mark: () => {}, failed: () => {} },
    "A",
  );
  const ids = (orders: readonly (readonly OrderEvent[])[]) => orders.map(([state]) => state?.id);
  const see = (from: number, to: number, isNewest = false) =>
    feed.see({ fromUs: from * MINUTE_US, toUs: to * MINUTE_US, isNewest });
  let cursor = 1;
  const tell = (...events: OrderEvent[]) => {
    cursor += 1;
    feed.take({ cursor: cursor as Cursor, events });
  };
  return { clock, asked, feed, ids, see, tell, orderOf };
}

test("OR-5 few orders are known at once: no range is asked for, and there are no more", async () => {
  const { clock, asked, feed, ids, see } = world(30);
  see(1, 9);
  feed.load();
  await clock.advance(1);
  see(1, 20);
  expect(asked).toEqual([{ limit: 100 }]);
  expect(ids(feed.held())).toHaveLength(30);
  expect([feed.hasMore(), feed.isCut()]).toEqual([false, false]);
});

test("OR-5 an order that lives on in sight is marked, however long before it began", async () => {
  const { clock, asked, feed, ids, see, tell, orderOf } = world(500, ["7"]);
  feed.load();
  see(450, 501, true);
  await clock.advance(1);
  const from = 424.5 * MINUTE_US;
  expect(asked).toEqual([{ limit: 100 }, { limit: 2_000, by: "lived", from }]);
  expect(ids(feed.held())).not.toContain("7");
  expect(ids(feed.marked())).toContain("7");
  tell({ ...orderOf(502), id: "7", status: "filled", filled: 1 });
  const marked = feed.marked().find(([{ id }]) => id === "7");
  expect(marked?.map(({ status }) => status)).toEqual(["sent", "filled"]);
  // It is known, so nobody asks whose it is.
  await clock.advance(60_000);
  expect(asked).toHaveLength(2);
});

test("how many orders there are is told, and grows with those that begin", async () => {
  const { clock, feed, tell, orderOf } = world(500);
  feed.load();
  await clock.advance(1);
  expect(feed.total()).toEqual({ kind: "exact", count: 500 });
  tell(orderOf(501), orderOf(502));
  tell({ ...orderOf(502), status: "filled" });
  expect(feed.total()).toEqual({ kind: "exact", count: 502 });
  // The answer lacks what came behind its cursor.
  feed.more();
  await clock.advance(1);
  expect(feed.total()).toEqual({ kind: "exact", count: 502 });
  while (feed.hasMore()) {
    feed.more();
    await clock.advance(1);
  }
  expect(feed.total()).toBeNull();
});

test("OR-5 orders of the range in sight are marked, however many began since, and asked for once", async () => {
  const { clock, asked, feed, ids, see, tell, orderOf } = world(500);
  feed.load();
  await clock.advance(1);
  expect(asked).toEqual([{ limit: 100 }]);
  // Half a width on either side comes with it.
  see(100, 120);
  see(102, 122);
  tell(orderOf(501));
  await clock.advance(1);
  const range = { from: 90 * MINUTE_US, to: 130 * MINUTE_US };
  expect(asked.slice(1)).toEqual([{ limit: 2_000, by: "lived", ...range }]);
  expect(ids(feed.marked())).toEqual([
    ...Array.from({ length: 101 }, (_, i) => `${501 - i}`),
    ...Array.from({ length: 40 }, (_, i) => `${129 - i}`),
  ]);
  // What comes of one that is in sight is marked with it.
  tell({ ...orderOf(110), status: "filled" });
  const [life, ...others] = feed.marked().filter(([{ id }]) => id === "110");
  expect([life?.map(({ status }) => status), others]).toEqual([["sent", "filled"], []]);
  expect(feed.held()).toHaveLength(101);
  // After a gap the range may lack something too.
  feed.load();
  await clock.advance(1);
  expect(asked.slice(2)).toEqual([{ limit: 100 }, asked[1]]);
});

test("of more orders in sight than are asked for the newest are marked, and that is told", async () => {
  const { clock, feed, ids, see } = world(5_000);
  feed.load();
  see(100, 3_000);
  await clock.advance(1);
  expect(feed.isCut()).toBe(true);
  expect(ids(feed.marked())).toHaveLength(2_100);
  see(4_950, 4_990);
  await clock.advance(1);
  expect(feed.isCut()).toBe(false);
});

test("the list grows as long as there are more, up to a bound, and keeps what came since", async () => {
  const { clock, asked, feed, ids, tell, orderOf } = world(5_000);
  feed.load();
  await clock.advance(1);
  expect(ids(feed.held())).toHaveLength(100);
  tell({ ...orderOf(5_001), status: "acknowledged" });
  while (feed.hasMore()) {
    feed.more();
    await clock.advance(1);
  }
  expect(asked.map(({ limit }) => limit)).toEqual([100, 200, 400, 800, 1_600, 2_000]);
  expect(ids(feed.held())).toEqual(Array.from({ length: 2_000 }, (_, i) => `${5_001 - i}`));
});

test("what goes on of an order that the list lacks is not listed as the newest: the list is asked for again", async () => {
  const { clock, asked, feed, ids, tell, orderOf } = world(500);
  const newest = Array.from({ length: 100 }, (_, i) => `${500 - i}`);
  // The room tells of the last seconds, before the list has come and behind it: that is in the list, or of an order before those.
  const past = (id: string) => feed.take({ cursor: 1 as Cursor, events: [{ ...orderOf(1), id }] });
  past("3");
  feed.load();
  await clock.advance(1);
  past("4");
  expect(ids(feed.held())).toEqual(newest);
  tell({ ...orderOf(502), id: "5", status: "filled" });
  tell({ ...orderOf(503), id: "6", status: "filled" });
  expect(ids(feed.held())).toEqual(newest);
  await clock.advance(1);
  expect(asked).toHaveLength(2);
  await clock.advance(30_000);
  expect(asked).toHaveLength(3);
  // In whatever order the states of a new one come it is the newest.
  feed.take({
    cursor: 10 as Cursor,
    events: [
      { ...orderOf(505), id: "new", status: "filled" },
      { ...orderOf(504), id: "new" },
    ],
  });
  expect(ids(feed.held())).toEqual(["new", ...newest]);
  expect(feed.total()).toEqual({ kind: "exact", count: 501 });
});

test("more is more than the list has, also where many have come since", async () => {
  const { clock, asked, feed, tell, orderOf } = world(500);
  feed.load();
  await clock.advance(1);
  for (let minute = 501; minute <= 800; minute += 1) tell(orderOf(minute));
  expect(feed.held()).toHaveLength(400);
  feed.more();
  await clock.advance(1);
  expect(asked.at(-1)).toEqual({ limit: 800 });
});
