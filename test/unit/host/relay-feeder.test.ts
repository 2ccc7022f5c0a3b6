import { expect, test } from "vitest";
import { Clock } from "../../../durable/clock.ts";
import { RelayFeeder } from "../../../durable/host/feeds/relay-feeder.ts";
import type { LogFrame } from "../../../durable/host/log/host-log.ts";
import type { FeedAnswer, RelayFeed } from "../../../src/bindings/relay.ts";
import type { RelayName } from "../../../src/core/placement/relaying.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { FakeTime } from "../room/fake-time.ts";
import { SILENT } from "./model-platform.ts";

const [A, B] = ["A", "B"] as unknown as readonly [SymbolName, SymbolName];
const AT = (cursor: number) => cursor as Cursor;

/** A feeder over logs in memory, and a relay that answers when it is told to. */
class Feeding {
  readonly time = new FakeTime();
  readonly logs = new Map<SymbolName, LogFrame[]>();
  readonly feeds: { feed: RelayFeed; answer: (viewers: (number | null)[]) => void }[] = [];
  readonly ended: SymbolName[] = [];
  prunedThrough = 0;
  isAway = false;
  struckOff = 0;
  readonly feeder = new RelayFeeder({
    relay: "runtime-1/host-0" as RelayName,
    log: "a-log" as LogId,
    logOf: (symbol) => ({
      lastFrame: this.#framesOf(symbol).at(-1)?.cursor ?? AT(0),
      prunedThrough: AT(this.prunedThrough),
      framesAfter: (after) => this.#framesOf(symbol).filter(({ cursor }) => cursor > after),
    }),
    feed: (feed) => this.#feed(feed),
    ended: (symbol) => void this.ended.push(symbol),
    namesIgnored: () => undefined,
    struckOff: () => {
      this.struckOff += 1;
    },
    clock: new Clock({ nowMs: this.time.nowMs, setTimer: this.time.setTimer }),
    random: () => 0.5,
    keepAwake: (work) => void work,
    logger: SILENT,
  });

  append(symbol: SymbolName, cursor: number, text = "x"): void {
    this.logs.set(symbol, [...this.#framesOf(symbol), { cursor: AT(cursor), text, count: 1 }]);
    this.feeder.published(symbol);
  }

  /** What the feeds that came since the last look had of each room. */
  async came(ms = 0): Promise<{ rooms: [SymbolName, number, number[]][]; gone: SymbolName[] }[]> {
    await this.time.pass(ms);
    return this.feeds.map(({ feed }) => ({
      rooms: feed.rooms.map(({ symbol, after, frames }) => [
        symbol,
        after,
        frames.map(({ cursor }) => cursor),
      ]),
      gone: feed.gone,
    }));
  }

  /** Answers the feed that is under way. */
  async answer(...viewers: (number | null)[]): Promise<void> {
    this.feeds.splice(0).at(-1)?.answer(viewers);
    await this.time.pass(0);
  }

  #framesOf(symbol: SymbolName): LogFrame[] {
    return this.logs.get(symbol) ?? [];
  }

  #feed(feed: RelayFeed): Promise<FeedAnswer> {
    if (this.isAway) return Promise.reject(new Error("away"));
    return new Promise((resolve) => {
      this.feeds.push({ feed, answer: (viewers) => resolve({ viewers }) });
    });
  }
}

test("one feed is under way, and the next has everything since", async () => {
  const it = new Feeding();
  it.feeder.watch(A, AT(5), 1);
  it.feeder.watch(B, AT(5), 1);
  it.append(A, 6);
  expect(await it.came()).toEqual([{ rooms: [[A, 5, [6]]], gone: [] }]);
  it.append(A, 7);
  it.append(B, 8);
  it.append(A, 9);
  expect(await it.came()).toHaveLength(1);
  await it.answer(3);
  expect(it.feeder.viewersOf(A)).toBe(3);
  const rooms = [
    [A, 6, [7, 9]],
    [B, 5, [8]],
  ];
  expect(await it.came()).toEqual([{ rooms, gone: [] }]);
});

test("what nobody watches is not fed, and what the relay does not know it watches no more", async () => {
  const it = new Feeding();
  it.append(B, 6);
  it.feeder.watch(A, AT(5), 1);
  it.append(A, 7);
  await it.came();
  // Asked for anew while the feed was on its way: that answer says nothing of it.
  it.feeder.watch(A, AT(7), 2);
  await it.answer(null);
  expect(it.feeder.viewersOf(A)).toBe(2);
  it.append(A, 8);
  expect(await it.came()).toEqual([{ rooms: [[A, 7, [8]]], gone: [] }]);
  await it.answer(null);
  expect([it.feeder.viewersOf(A), it.ended]).toEqual([null, [A]]);
});

test("a feed is no longer than it may be, but for one frame", async () => {
  const it = new Feeding();
  it.feeder.watch(A, AT(5), 1);
  const long = "x".repeat(600_000);
  for (const cursor of [6, 7, 8]) it.append(A, cursor, long);
  expect(await it.came()).toEqual([{ rooms: [[A, 5, [6, 7]]], gone: [] }]);
  await it.answer(1);
  expect(await it.came()).toEqual([{ rooms: [[A, 7, [8]]], gone: [] }]);
});

test("after a wake a relay is told where the log was, and where it is if it was pruned meanwhile", async () => {
  const it = new Feeding();
  it.append(A, 6);
  it.feeder.resume(A, AT(6));
  it.append(A, 7);
  expect(await it.came()).toEqual([{ rooms: [[A, 6, [7]]], gone: [] }]);
  await it.answer(1);
  it.feeder.resume(B, null);
  it.prunedThrough = 9;
  it.append(A, 8);
  it.append(A, 9);
  it.append(A, 10);
  expect(await it.came()).toEqual([
    {
      rooms: [
        [B, 0, []],
        [A, 10, []],
      ],
      gone: [],
    },
  ]);
});

test("a relay that cannot be reached is asked again with patience, and then struck off", async () => {
  const it = new Feeding();
  it.feeder.watch(A, AT(5), 1);
  it.isAway = true;
  it.append(A, 6);
  await it.came(20_000);
  it.isAway = false;
  expect(await it.came(10_000)).toEqual([{ rooms: [[A, 5, [6]]], gone: [] }]);
  await it.answer(1);
  it.isAway = true;
  it.append(A, 7);
  await it.came(60_000);
  expect([it.struckOff, it.feeder.viewersOf(A)]).toEqual([1, null]);
});

test("a symbol that is elsewhere is said to be gone until the relay has heard it", async () => {
  const it = new Feeding();
  it.feeder.watch(A, AT(5), 1);
  it.append(A, 6);
  it.feeder.dismiss(A);
  expect(await it.came()).toEqual([{ rooms: [], gone: [A] }]);
  // It is not answered in time.
  it.feeds.splice(0);
  expect(await it.came(20_000)).toEqual([{ rooms: [], gone: [A] }]);
  await it.answer();
  expect([it.feeder.viewersOf(A), it.ended]).toEqual([null, [A]]);
});
