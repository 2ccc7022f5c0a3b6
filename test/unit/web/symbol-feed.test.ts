import { expect, test } from "vitest";
import type { Delivery } from "../../../client/state.ts";
import type { Status } from "../../../client/status.ts";
import type { TapeOptions } from "../../../client/tape.ts";
import type { Interval } from "../../../src/protocol/events/bar.ts";
import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { OrderStatus } from "../../../src/protocol/words/order-status.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { RANGES } from "../../../web/data/bars/ranges.ts";
import { newestOf } from "../../../web/data/tables/orders.ts";
import type { Answer, Api } from "../../../web/feed/api.ts";
import { type Kept, openSymbolFeed } from "../../../web/feed/room/symbol-feed.ts";
import { fakeClock } from "../client/fake-clock.ts";

const CURSOR = 1_700_000_000_000_000;

const BOOK = { kind: "book", ts: CURSOR, type: "snapshot", bids: [[9, 1]], asks: [[11, 1]] };

/** A state of an order, so long after the cursor. */
const orderAt = (us: number, id: string, status: OrderStatus) => ({
  ...{ kind: "order" as const, ts: (CURSOR + us) as EpochUs, id, status },
});

function world(first: Answer<never> | "ok" = "ok", keeps: Kept = "all", isListed = true) {
  const clock = fakeClock(CURSOR / 1_000);
  const opened: Pick<TapeOptions, "symbol" | "since" | "onDelivery" | "onStatus">[] = [];
  let past: Promise<readonly TradeEvent[]> | readonly TradeEvent[] = [];
  const toldOf: (readonly string[] | null)[] = [];
  let next = first;
  let historyRequests = 0;
  let bookRequests = 0;
  let unauthorized = 0;
  const statuses: string[] = [];
  let tapeStatus: Status = { kind: "live", words: "live" };
  const api = {
    metricNames: async () => ({ kind: "ok", value: { metrics: [] } }),
    positions: async () => ({
      kind: "ok",
      value: {
        positions: [{ kind: "position", ts: CURSOR as EpochUs, quantity: 5, account: "a" }],
      },
    }),
    orders: async () => ({
      kind: "ok",
      value: {
        ...{ symbol: "A", cursor: CURSOR, truncated: false },
        orders: [orderAt(-3, "2", "acknowledged"), orderAt(-9, "1", "filled")],
      },
    }),
    trades: async () => {
      // A test says what there is once it has its world.
      await null;
      const trades = await past;
      return { kind: "ok", value: { symbol: "A", cursor: CURSOR, trades } };
    },
    notes: async () => ({ kind: "ok", value: { symbol: "A", cursor: CURSOR, notes: [] } }),
    book: async () => {
      bookRequests += 1;
      return { kind: "ok", value: { symbol: "A", cursor: CURSOR, book: BOOK } };
    },
    history: async (_symbol: string, { interval }: { interval: Interval }) => {
      // The others look whether there are bars of a longer interval.
      if (interval === "1m") historyRequests += 1;
      if (next !== "ok") return next;
      const value = {
        symbol: "A" as SymbolName,
        interval,
        cursor: CURSOR as Cursor,
        bars: [],
      };
      return { kind: "ok", value };
    },
  } as unknown as Api;
  const feed = openSymbolFeed(
    {
      api,
      openTape(options, channels) {
        opened.push(options);
        toldOf.push(channels);
        return {
          status: () => tapeStatus,
          cursor: () => options.since ?? null,
          log: () => "log-1" as LogId,
          close: () => {},
        };
      },
      setTimer: clock.setTimer,
      nowMs: clock.nowMs,
      random: () => 0.5,
      onDirty: () => {},
      onStatus: (status) => statuses.push(status.kind),
      onUnauthorized: () => {
        unauthorized += 1;
      },
    },
    "A",
    { interval: "1m", span: RANGES["15m"], keeps, isListed },
  );
  return {
    clock,
    feed,
    opened,
    channels: () => toldOf,
    recover: () => {
      next = "ok";
    },
    /** The newest trades of before, the newest first. */
    traded: (trades: typeof past) => {
      past = trades;
    },
    fail: (answer: Answer<never>) => {
      next = answer;
    },
    deliver: (delivery: Delivery) => opened[0]?.onDelivery(delivery, { cursor: null, log: null }),
    report(status: Status) {
      tapeStatus = status;
      opened[0]?.onStatus?.(status);
    },
    historyRequests: () => historyRequests,
    bookRequests: () => bookRequests,
    unauthorized: () => unauthorized,
    statuses: () => statuses,
  };
}

function tradeAt(cursor: number, price: number): Delivery {
  const ts = cursor as EpochUs;
  const events = [{ kind: "trade" as const, ts, price, size: 1 }];
  return { type: "events", cursor: cursor as Cursor, events };
}

test("one socket begins before the bars' cursor: the list shows those trades, the bars hold them already", async () => {
  const { clock, feed, opened, deliver, traded } = world();
  traded([{ kind: "trade", ts: (CURSOR - 5) as EpochUs, price: 10, size: 1 }]);
  await clock.advance(10);
  expect(opened).toHaveLength(1);
  expect(opened[0]?.since).toBeLessThan(CURSOR);
  deliver(tradeAt(CURSOR - 5, 10));
  deliver(tradeAt(CURSOR + 5, 11));
  expect(feed.trades().rows).toHaveLength(2);
  expect(feed.bars().map((bar) => [bar.open, bar.trades])).toEqual([[11, 1]]);
});

test("INV-3 a joined message across the bars' cursor adds only what comes after it", async () => {
  const { clock, feed, deliver } = world();
  await clock.advance(10);
  const events = [9, 10, 11].map((price) => {
    return { kind: "trade" as const, ts: (CURSOR + price) as EpochUs, price, size: 1 };
  });
  const frames: [number, number][] = [
    [5, 2],
    [0, 1],
  ];
  deliver({ type: "events", cursor: (CURSOR + 5) as Cursor, events, frames });
  expect(feed.trades().rows).toHaveLength(1);
  expect(feed.bars().map((bar) => [bar.open, bar.trades])).toEqual([[11, 1]]);
});

test("INV-2 a gap is marked on chart and list, and history is asked again; one before the bars' cursor is no gap", async () => {
  const { clock, feed, deliver, historyRequests } = world();
  await clock.advance(10);
  const gap = { type: "gap", reason: "slow", dropped: 3 } as const;
  deliver({ ...gap, from: (CURSOR - 9) as Cursor, to: CURSOR as Cursor });
  expect(feed.gaps()).toHaveLength(0);
  deliver({ ...gap, from: CURSOR as Cursor, to: (CURSOR + 9) as Cursor });
  await clock.advance(10);
  expect(feed.gaps()).toHaveLength(1);
  expect(feed.trades().rows.map((row) => row.kind)).toEqual(["gap"]);
  expect(historyRequests()).toBe(2);
});

test("C-6 a reset is shown wherever it ends; what comes after it counts, though its cursors were there before", async () => {
  const { clock, feed, deliver, historyRequests, bookRequests } = world();
  await clock.advance(10);
  deliver(tradeAt(CURSOR + 900, 10));
  // The new life has its head where the old one had it long before: history of it is asked for.
  const [from, to] = [(CURSOR + 900) as Cursor, (CURSOR - 500) as Cursor];
  deliver({ type: "gap", reason: "reset", dropped: null, from, to });
  await clock.advance(10);
  expect(feed.gaps()).toHaveLength(1);
  expect([historyRequests(), bookRequests()]).toEqual([2, 2]);
  // History answers at `CURSOR`, and this is after it: below the cursor of the old life.
  deliver(tradeAt(CURSOR + 5, 12));
  expect(feed.last()?.price).toBe(12);
  expect(feed.bars().at(-1)?.close).toBe(12);
  // Nor is a later gap taken for one of before the bars.
  deliver({ type: "gap", reason: "slow", dropped: 1, from: to, to: (to + 9) as Cursor });
  expect(feed.gaps()).toHaveLength(2);
});

test("a server that is away is asked again, and said so meanwhile", async () => {
  const { clock, feed, opened, recover } = world({ kind: "failed", status: null, detail: "away" });
  await clock.advance(10);
  expect(feed.status()).toEqual({ kind: "reconnecting", words: "connecting now" });
  recover();
  await clock.advance(2_100);
  expect(opened).toHaveLength(1);
});

test("a page connects until it has been live, and reconnects after that", async () => {
  const { clock, feed, report } = world();
  await clock.advance(10);
  const away = { kind: "reconnecting", words: "reconnecting in 4 s" } as const;
  report(away);
  expect(feed.status()).toEqual({ kind: "reconnecting", words: "connecting in 4 s" });
  report({ kind: "live", words: "live" });
  report(away);
  expect(feed.status()).toEqual(away);
});

test("INV-10 a refused answer, or a token that ran out, asks for a token", async () => {
  const refused = world({ kind: "unauthorized" });
  await refused.clock.advance(60_000);
  expect(refused.unauthorized()).toBe(1);
  expect(refused.historyRequests()).toBe(1);
  expect(refused.feed.refusal()).toBeNull();
  const detail = "The token is not for A.";
  const narrow = world({ kind: "unauthorized", detail });
  await narrow.clock.advance(60_000);
  expect([narrow.unauthorized(), narrow.feed.refusal()]).toEqual([1, detail]);
  const expired = world();
  await expired.clock.advance(10);
  expired.opened[0]?.onStatus?.({
    kind: "closed",
    words: "closed",
    because: { by: "room", code: 4503, reason: "token expired" },
  });
  expect(expired.unauthorized()).toBe(1);
});

test("with another token a tape that was refused goes on where it was, and all that was shown stays", async () => {
  const page = world();
  await page.clock.advance(0);
  page.deliver(tradeAt(CURSOR + 9, 101));
  const shown = page.feed.trades();
  const asked = page.historyRequests();
  const because = { by: "room", code: 4503, reason: "token expired" } as const;
  page.report({ kind: "closed", words: "closed", because });
  expect([page.unauthorized(), page.opened.length]).toEqual([1, 1]);
  page.feed.renew();
  expect(page.feed.trades()).toBe(shown);
  await page.clock.advance(0);
  expect(page.opened).toHaveLength(2);
  expect(page.opened[1]).toMatchObject({ since: page.opened[0]?.since, log: "log-1" });
  expect(page.historyRequests()).toBe(asked + 1);
  expect(page.feed.trades()).toBe(shown);
});

test("lists are bounded for a page that is left open for days", async () => {
  const { clock, feed, deliver } = world();
  await clock.advance(10);
  for (let i = 1; i <= 1_000; i++) deliver(tradeAt(CURSOR + i * 1_000, i));
  expect(feed.trades().rows.length).toBeLessThanOrEqual(120);
  expect(feed.trades().rows[0]).toMatchObject({ kind: "trade", direction: "up" });
});

test("D-7 the book comes from the room, and changes that are not in it over the socket; after a gap it is asked for again", async () => {
  const { clock, feed, deliver, bookRequests } = world();
  const change = (after: number, bids: [number, number][]): Delivery => {
    const ts = (CURSOR + after) as EpochUs;
    const events = [{ kind: "book" as const, ts, type: "diff" as const, bids, asks: [] }];
    return { type: "events", cursor: (CURSOR + after) as Cursor, events };
  };
  expect(feed.book()).toBeNull();
  await clock.advance(10);
  deliver(change(-5, [[8, 5]]));
  deliver(change(5, [[9.5, 2]]));
  expect(feed.book()).toEqual({
    bids: [
      [9.5, 2],
      [9, 1],
    ],
    asks: [[11, 1]],
  });
  const gap = { type: "gap", reason: "unavailable", dropped: null } as const;
  deliver({ ...gap, from: (CURSOR + 5) as Cursor, to: (CURSOR + 9) as Cursor });
  // What comes while the answer is on its way is not lost.
  deliver(change(12, [[9.7, 1]]));
  await clock.advance(10);
  expect(bookRequests()).toBe(2);
  expect(feed.book()).toEqual({
    bids: [
      [9.7, 1],
      [9, 1],
    ],
    asks: [[11, 1]],
  });
});

test("positions come from the room, then over the socket; of an account the newest by its time stays", async () => {
  const { clock, feed, deliver } = world();
  await clock.advance(10);
  expect([...feed.positions().values()].map(({ quantity }) => quantity)).toEqual([5]);
  const at = (back: number, quantity: number, account: string) => ({
    kind: "position" as const,
    ts: (CURSOR - back) as EpochUs,
    quantity,
    account,
  });
  const events = [at(1, 9, "a"), at(-1, 7, "a"), at(3, -2, "b")];
  deliver({ type: "events", cursor: (CURSOR + 9) as Cursor, events });
  expect([...feed.positions().values()].map(({ quantity }) => quantity)).toEqual([7, -2]);
});

test("orders are known, then come over the socket: the newest state of each, those that began last first", async () => {
  const { clock, feed, deliver } = world();
  const shown = () =>
    feed.orders.held().map((life) => `${newestOf(life).id} ${newestOf(life).status}`);
  const told = (us: number, ...events: ReturnType<typeof orderAt>[]) =>
    deliver({ type: "events", cursor: (CURSOR + us) as Cursor, events });
  await clock.advance(10);
  expect(shown()).toEqual(["2 acknowledged", "1 filled"]);
  told(1, orderAt(1, "2", "filled"), orderAt(1, "3", "sent"));
  expect(shown()).toEqual(["3 sent", "2 filled", "1 filled"]);
  told(9, orderAt(9, "3", "rejected"), orderAt(5, "3", "acknowledged"), orderAt(8, "4", "sent"));
  expect(shown()).toEqual(["4 sent", "3 rejected", "2 filled", "1 filled"]);
  // After a gap they are asked for anew: an answer of before takes nothing back.
  const gap = { from: CURSOR as Cursor, to: (CURSOR + 20) as Cursor };
  deliver({ type: "gap", ...gap, reason: "slow", dropped: null });
  await clock.advance(10);
  expect(shown()).toEqual(["4 sent", "3 rejected", "2 filled", "1 filled"]);
});

test("a symbol nobody has pushed to waits on its socket, and is read anew at the first push", async () => {
  const { clock, feed, opened, recover, deliver, historyRequests, bookRequests } = world({
    kind: "unknown",
  });
  await clock.advance(60_000);
  expect(opened).toHaveLength(1);
  expect(opened[0]?.since).toBeUndefined();
  expect(historyRequests()).toBe(1);
  expect(feed.isLoaded()).toBe(true);
  recover();
  const books = bookRequests();
  deliver({ type: "caught_up", cursor: CURSOR as Cursor, replayed: 0, complete: true });
  await clock.advance(10);
  expect(historyRequests()).toBe(1);
  deliver(tradeAt(CURSOR + 5, 11));
  await clock.advance(10);
  expect(historyRequests()).toBe(2);
  expect(bookRequests()).toBe(books + 1);
  expect(feed.last()?.price).toBe(11);
  expect(opened).toHaveLength(1);
});

test("of a symbol that the list lacks bars alone are asked for, and all of it once one of them knows it", async () => {
  for (const tells of ["a push", "the list", "history"] as const) {
    const asked = world(tells === "history" ? "ok" : { kind: "unknown" }, "all", false);
    const { clock, feed, recover, deliver, historyRequests, bookRequests } = asked;
    expect(bookRequests()).toBe(0);
    await clock.advance(tells === "history" ? 10 : 60_000);
    if (tells !== "history") {
      expect([historyRequests(), bookRequests()]).toEqual([1, 0]);
      recover();
    }
    if (tells === "a push") deliver(tradeAt(CURSOR + 5, 11));
    else if (tells === "the list") feed.listed();
    await clock.advance(10);
    expect(bookRequests()).toBe(1);
    expect(feed.orders.held()).toHaveLength(2);
    feed.listed();
    expect(bookRequests()).toBe(1);
  }
});

test("a symbol that becomes known without an event, by imported bars, is read anew when asked to", async () => {
  const { clock, feed, recover, historyRequests } = world({ kind: "unknown" });
  await clock.advance(10);
  feed.retry();
  await clock.advance(10);
  recover();
  feed.retry();
  feed.retry();
  await clock.advance(10);
  expect(historyRequests()).toBe(3);
});

test("a symbol the server refuses is not asked for again, and the page is told why", async () => {
  const detail = "symbol is no symbol";
  const { clock, feed, opened, historyRequests } = world({ kind: "refused", status: 400, detail });
  await clock.advance(60_000);
  expect(historyRequests()).toBe(1);
  expect(opened).toHaveLength(0);
  expect(feed.refusal()).toBe(detail);
  expect(feed.status().kind).toBe("closed");
});

test("who asks at once is answered at once, and the state is told as it changes", async () => {
  const { clock, feed, opened, recover, statuses } = world({
    kind: "failed",
    status: null,
    detail: "away",
  });
  await clock.advance(10);
  expect(statuses().at(-1)).toBe("reconnecting");
  recover();
  feed.retry();
  await clock.advance(10);
  expect(opened).toHaveLength(1);
});

test("prices and sizes are written to the finest of trades and book", async () => {
  const { clock, feed, deliver } = world();
  await clock.advance(10);
  const trade = {
    kind: "trade" as const,
    ts: (CURSOR + 5) as EpochUs,
    price: 10.25,
    size: 0.00001,
  };
  deliver({ type: "events", cursor: (CURSOR + 5) as Cursor, events: [trade] });
  expect(feed.priceDigits().decimals).toBe(2);
  expect(feed.sizeDigits().decimals).toBe(5);
});

test("a page that waits for the server's database says so, also while its socket is refused, and not once it is live", async () => {
  const away = { kind: "failed", status: 503, detail: "being read", waitsFor: "database" } as const;
  const { clock, feed, recover, report } = world(away);
  await clock.advance(10);
  expect(feed.status()).toEqual({
    kind: "reconnecting",
    words: "waiting for the server's database",
  });
  recover();
  feed.retry();
  await clock.advance(10);
  report({ kind: "reconnecting", words: "reconnecting in 1 s" });
  expect(feed.status().words).toBe("connecting in 1 s");

  const refused = world();
  await refused.clock.advance(10);
  refused.report({ kind: "reconnecting", words: "reconnecting in 1 s" });
  refused.fail(away);
  refused.feed.chooseInterval("5m");
  await refused.clock.advance(10);
  expect(refused.feed.status().words).toBe("waiting for the server's database");
  refused.report({ kind: "live", words: "live" });
  expect(refused.feed.status().words).toBe("live");
});

test("a feed that keeps prices asks for nothing else, and is told of nothing else", async () => {
  const { clock, feed, opened, channels, deliver } = world("ok", "prices");
  await clock.advance(10);
  expect(opened).toHaveLength(1);
  expect(channels()).toEqual([["trade", "bar"]]);
  deliver(tradeAt(CURSOR + 5, 11));
  expect(feed.last()?.price).toBe(11);
  deliver({
    ...{ type: "events", cursor: (CURSOR + 6) as Cursor },
    events: [orderAt(6, "1", "filled")],
  });
  expect([feed.positions().size, feed.orders.held().length, feed.notes().size]).toEqual([0, 0, 0]);
  expect([feed.book(), feed.panels().length]).toEqual([null, 0]);
});

test.each(["before", "after"])(
  "R-4 the list begins with the newest trades, and has each once, %s the tape tells them",
  async (when) => {
    const { clock, feed, deliver, traded } = world();
    const trade = (us: number, price: number): TradeEvent => {
      return { kind: "trade", ts: (CURSOR + us) as EpochUs, price, size: 0.25 };
    };
    const past = Promise.withResolvers<TradeEvent[]>();
    traded(past.promise);
    const answer = async () => {
      past.resolve([trade(-2, 12), trade(-2, 11), trade(-9, 10)]);
      await clock.advance(10);
    };
    await clock.advance(10);
    if (when === "before") await answer();
    // The tape tells some of them again, joined to what is new.
    const frames: [number, number][] = [
      [7, 1],
      [5, 1],
      [0, 2],
    ];
    const events = [trade(-2, 11), trade(-2, 12), trade(2, 15), trade(5, 13)];
    deliver({ type: "events", cursor: (CURSOR + 5) as Cursor, events, frames });
    const [from, to] = [(CURSOR + 5) as Cursor, (CURSOR + 7) as Cursor];
    deliver({ type: "gap", reason: "slow", dropped: 1, from, to });
    if (when === "after") await answer();
    const rows = feed.trades().rows;
    expect(rows.map((row) => row.kind === "trade" && [row.trade.price, row.direction])).toEqual([
      false,
      ...[
        [13, "down"],
        [15, "up"],
        [12, "up"],
        [11, "up"],
        [10, "same"],
      ],
    ]);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(6);
    expect(feed.trades().latest?.price).toBe(13);
    expect(feed.sizeDigits().decimals).toBe(2);
  },
);
