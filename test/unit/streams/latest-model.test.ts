import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { LatestStreams } from "../../../durable/streams/latest/latest-streams.ts";
import { NameSets } from "../../../durable/streams/latest/name-sets.ts";
import type { Seat } from "../../../durable/streams/stream/seat.ts";
import { Stream, type StreamDeps } from "../../../durable/streams/stream/stream.ts";
import { type BookState, bookOf, foldBook } from "../../../src/core/books/book-samples.ts";
import { Channels } from "../../../src/core/streams/channels.ts";
import { LatestRoom } from "../../../src/core/streams/latest-room.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import { eventsMessage } from "../../../src/protocol/events/frame.ts";
import { LATEST_BOOK_LEVELS } from "../../../src/protocol/streams/latest-limits.ts";
import { type LatestMessage, latestSchema } from "../../../src/protocol/streams/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { FakeTime } from "../room/fake-time.ts";

const RUNS = Number(process.env["MODEL_RUNS"] ?? 100);
const ROOMS = ["A", "B", "C"] as unknown as readonly SymbolName[];
const WINDOW = 3_000;
const CHANNELS = [null, ["trade", "metric:cpu*"], ["book", "position"]] as const;

/** What a stream asks for when it is opened. */
interface Asking {
  hz: number;
  isPacked: boolean;
  channels: readonly string[] | null;
}
const ASKING: readonly Asking[] = [10, 2].flatMap((hz) =>
  CHANNELS.map((channels, nth) => ({ hz, isPacked: nth === 0, channels })),
);

const event = fc.oneof(
  fc.record({
    kind: fc.constant("metric" as const),
    ts: fc.nat(50),
    metric: fc.constantFrom("cpu", "cpu2", "load"),
    value: fc.nat(9),
  }),
  fc.record({
    kind: fc.constant("trade" as const),
    ts: fc.nat(50),
    price: fc.nat(9),
    size: fc.nat(9),
  }),
  fc.record({
    kind: fc.constant("position" as const),
    ts: fc.nat(50),
    quantity: fc.nat(9),
    account: fc.constantFrom("x", "y"),
  }),
  fc.record({
    kind: fc.constant("book" as const),
    ts: fc.nat(50),
    type: fc.constantFrom("snapshot" as const, "diff" as const),
    bids: fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), {
      maxLength: 3,
    }),
    asks: fc.array(fc.tuple(fc.integer({ min: 10, max: 19 }), fc.integer({ min: 1, max: 9 })), {
      maxLength: 3,
    }),
  }),
) as fc.Arbitrary<unknown> as fc.Arbitrary<TapeEvent>;
const room = fc.nat(2);
const client = fc.nat(5);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("push" as const),
      room,
      events: fc.array(event, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(0, 1, 30, 100, 400),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("ack" as const), client }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("follow" as const), client, room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unfollow" as const), client, room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("begin anew" as const), room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const), client }) },
);

/** One room as it is: the events since it began, and its last values by a fold of its own. */
class TrueRoom {
  tap: Seat | null = null;
  cursor = 0 as Cursor;
  events: TapeEvent[] = [];

  push(events: readonly TapeEvent[]): void {
    this.events.push(...events);
    this.cursor = (this.cursor + 1) as Cursor;
    const texts = events.map((each) => JSON.stringify(each)).join(",");
    this.tap?.send(eventsMessage(this.cursor, texts, []));
  }

  /** A log that is another one: nothing of before is known. */
  begin(tap: Seat | null): void {
    this.tap = tap;
    this.events = [];
    const none = { metrics: [], bar: null, trade: null, positions: [], orders: [], book: null };
    tap?.send(JSON.stringify({ type: "snapshot", cursor: this.cursor, ...none }));
  }

  last(channels: Channels | null): Map<string, unknown> {
    const values = new Map<string, TapeEvent>();
    let book: BookState | null = null;
    for (const each of this.events) {
      if (each.kind === "book") book = foldBook(book, each, this.cursor);
      else if (each.ts >= (values.get(keyOf(each))?.ts ?? 0)) values.set(keyOf(each), each);
    }
    const all = [...values.values(), ...(book === null ? [] : [bookOf(book, LATEST_BOOK_LEVELS)])];
    const wanted = all.filter((each) => each !== null && (channels?.has(each) ?? true));
    return new Map(wanted.map((each) => [keyOf(each as TapeEvent), each]));
  }
}

function keyOf(each: TapeEvent): string {
  if (each.kind === "metric") return each.metric;
  return each.kind === "position" ? `position ${each.account}` : each.kind;
}

/** A client that keeps what it is told, and acknowledges when a step says so. */
class Client {
  readonly values = new Map<SymbolName, Map<string, unknown>>();
  /** Values and what was left out, since its rooms were whole. */
  told = 0;
  texts: string[] = [];
  received = 0;
  /** Messages that were packed. */
  packed = 0;
  /** Symbols that were unsubscribed. */
  readonly #left = new Set<string>();

  take(sent: string | ArrayBuffer): void {
    this.received += 1;
    const text = typeof sent === "string" ? sent : new TextDecoder().decode(sent);
    if (typeof sent !== "string") this.packed += 1;
    for (const message of [JSON.parse(text)].flat()) {
      if (message.type === "subscribed")
        for (const each of message.symbols) this.#left.delete(each);
      if (message.type === "unsubscribed") for (const each of message.symbols) this.#left.add(each);
      if (message.type !== "latest") continue;
      // ST-4: nothing comes of them after the answer.
      for (const { symbol } of message.rooms) expect(this.#left.has(symbol)).toBe(false);
      latestSchema.parse(message);
      this.texts.push(JSON.stringify(message));
      this.#takeLatest(message);
    }
  }

  #takeLatest({ rooms, skipped }: LatestMessage): void {
    this.told += skipped;
    for (const { symbol, events, whole } of rooms) {
      if (whole === true) this.values.set(symbol, new Map());
      else this.told += events.length;
      const values = this.values.get(symbol);
      for (const each of events) values?.set(keyOf(each), each);
    }
  }
}

class World {
  readonly time = new FakeTime();
  readonly rooms = new Map(ROOMS.map((symbol) => [symbol, new TrueRoom()]));
  readonly latest: LatestStreams;
  readonly streams: Stream[] = [];
  readonly clients: Client[] = [];
  /** Texts that were packed. */
  packs = 0;
  /** Nothing can be packed. */
  isPackless = false;
  readonly closed: number[] = [];
  readonly nameSets = new NameSets();
  /** Rooms that streams left, and those that are gone. */
  readonly left: string[] = [];

  constructor(asking: readonly Asking[] = ASKING) {
    this.latest = new LatestStreams({
      join: async (tap) => {
        this.rooms.get(tap.symbol)?.begin(tap);
        return null;
      },
      leave: ({ symbol }) => {
        const left = this.rooms.get(symbol);
        if (left !== undefined) left.tap = null;
      },
      barOf: () => null,
      // It takes a while, and the longer the text the longer.
      pack: async (text) => {
        this.packs += 1;
        if (this.isPackless) throw new Error("no memory");
        await this.time.wait(text.length / 10);
        return new TextEncoder().encode(text).buffer as ArrayBuffer;
      },
      nowMs: this.time.nowMs,
      wait: this.time.wait,
      keepAwake: (work) => void work,
    });
    for (const [nth, asked] of asking.entries()) this.open(nth, asked);
  }

  open(nth: number, { hz, isPacked, channels }: Asking): void {
    const client = new Client();
    const deps: StreamDeps = {
      windowChars: WINDOW,
      nameSets: this.nameSets,
      join: (stream, seat) => this.latest.follow(stream, seat),
      leave: (stream, { symbol }) => {
        this.left.push(symbol);
        this.latest.unfollow(stream, symbol);
      },
      acknowledged: (stream) => this.latest.goOn(stream),
      goOn: () => undefined,
      namesOf: async () => [],
      renew: async () => ({ kind: "refused", why: "" }),
      mustFlush: (stream) => stream.flush(),
      changed: () => undefined,
      gone: (stream) => {
        this.left.push("gone");
        this.latest.forget(stream);
      },
      nowMs: this.time.nowMs,
      wait: this.time.wait,
      keepAwake: (work) => void work,
    };
    const socket = {
      send: (message: string | ArrayBuffer) => client.take(message),
      close: () => {
        if (!this.isPackless) expect.fail("nobody closes it");
        this.closed.push(nth);
      },
      pingedMs: () => null,
      saveAttachment: () => undefined,
    };
    const terms = {
      ...{ mode: "latest" as const, hz, isPacked, channels },
      ...{ symbols: null, viewerKey: null, expiresAtMs: null },
    };
    const messages = { windowStartMs: 0, count: 0 };
    this.streams[nth] = new Stream({ id: nth, socket, terms, messages }, deps);
    this.clients[nth] = client;
  }

  acknowledge(nth: number): void {
    const { received } = this.clients[nth] as Client;
    this.streams[nth]?.take({ type: "ack", messages: received });
  }
}

test("ST-10: every viewer in latest ends with the true last value of every key", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: "max" }), async (steps) => {
      const world = new World();
      for (const taken of steps) {
        switch (taken.do) {
          case "push":
            world.rooms.get(ROOMS[taken.room] as SymbolName)?.push(taken.events);
            break;
          case "pass":
            await world.time.pass(taken.ms);
            break;
          case "ack":
            world.acknowledge(taken.client);
            break;
          case "follow":
            world.streams[taken.client]?.take({
              type: "subscribe",
              symbols: [ROOMS[taken.room] as string],
            });
            await world.time.pass(0);
            break;
          case "unfollow": {
            const symbol = ROOMS[taken.room] as SymbolName;
            world.streams[taken.client]?.take({ type: "unsubscribe", symbols: [symbol] });
            world.clients[taken.client]?.values.delete(symbol);
            break;
          }
          case "reopen":
            world.streams[taken.client]?.left();
            world.open(taken.client, ASKING[taken.client] as Asking);
            break;
          case "begin anew": {
            const again = world.rooms.get(ROOMS[taken.room] as SymbolName);
            if (again?.tap != null) again.begin(again.tap);
            break;
          }
        }
      }
      for (let round = 0; round < 4; round += 1) {
        for (const nth of world.clients.keys()) world.acknowledge(nth);
        await world.time.pass(1_000);
      }
      for (const [nth, stream] of world.streams.entries()) {
        const names = stream.terms.channels;
        const channels = names === null ? null : new Channels(names);
        for (const { symbol } of stream.rooms.seats) {
          const told = (world.clients[nth] as Client).values.get(symbol);
          expect(told).toEqual(world.rooms.get(symbol)?.last(channels));
        }
      }
      const sets = world.streams.map((stream) =>
        [...stream.rooms.seats].map(({ symbol }) => symbol),
      );
      const different = new Map(sets.map((names) => [names.sort().join(), names.length]));
      const names = [...different.values()].reduce((sum, length) => sum + length, 0);
      // What is told is shared by all who have the same rooms, and nothing is kept of sets that nobody has.
      expect(world.nameSets.size).toBe(names);
      for (const stream of world.streams) stream.left();
      expect(world.nameSets.size).toBe(0);
      for (const { tap } of world.rooms.values()) expect(tap).toBe(null);
    }),
    { numRuns: RUNS },
  );
});

test("ST-10: what it is not shown one by one is counted, also of one that is slow", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50, size: "max" }), async (steps) => {
      const world = new World();
      for (const stream of world.streams) stream.take({ type: "subscribe", symbols: [...ROOMS] });
      await world.time.pass(1_000);
      for (const taken of steps) {
        if (taken.do === "push")
          world.rooms.get(ROOMS[taken.room] as SymbolName)?.push(taken.events);
        else if (taken.do === "pass") await world.time.pass(taken.ms);
        else if (taken.do === "ack") world.acknowledge(taken.client);
      }
      for (let round = 0; round < 4; round += 1) {
        for (const nth of world.clients.keys()) world.acknowledge(nth);
        await world.time.pass(1_000);
      }
      for (const [nth, stream] of world.streams.entries()) {
        const names = stream.terms.channels;
        const channels = names === null ? null : new Channels(names);
        const events = [...world.rooms.values()].flatMap((each) => each.events);
        const wanted = events.filter((each) => channels?.has(each) ?? true);
        expect((world.clients[nth] as Client).told).toBe(wanted.length);
      }
    }),
    { numRuns: RUNS },
  );
});

test("ST-10: is told at most hz times a second, and the same text as all who ask for the same", async () => {
  const world = new World();
  const [all, , , slow] = world.clients as Client[];
  for (const nth of [0, 3]) world.streams[nth]?.take({ type: "subscribe", symbols: [...ROOMS] });
  await world.time.pass(1_000);
  for (const client of [all, slow]) if (client !== undefined) client.texts = [];
  for (let at = 0; at < 100; at += 1) {
    const ts = at as EpochUs;
    world.rooms.get(ROOMS[0] as SymbolName)?.push([{ kind: "trade", ts, price: at, size: 1 }]);
    await world.time.pass(10);
    for (const nth of [0, 3]) world.acknowledge(nth);
  }
  expect(all?.texts.length).toBeGreaterThanOrEqual(9);
  expect(all?.texts.length).toBeLessThanOrEqual(11);
  expect(slow?.texts.length).toBeLessThanOrEqual(3);
});

test("ST-10: what is told is encoded once for all who ask for the same, and once for who falls behind", async () => {
  const same = { hz: 10, isPacked: false, channels: null };
  const world = new World([
    ...Array.from({ length: 20 }, () => same),
    { hz: 10, isPacked: false, channels: ["trade"] },
  ]);
  for (const stream of world.streams) stream.take({ type: "subscribe", symbols: [...ROOMS] });
  await world.time.pass(1_000);
  const acknowledge = (nths: Iterable<number>) => {
    for (const nth of nths) world.acknowledge(nth);
  };
  const push = async (price: number, ms: number) => {
    const ts = price as EpochUs;
    world.rooms.get(ROOMS[0] as SymbolName)?.push([{ kind: "trade", ts, price, size: 1 }]);
    await world.time.pass(ms);
  };
  acknowledge(world.clients.keys());
  const encoded = vi.spyOn(LatestRoom.prototype, "changedSince");
  try {
    for (let price = 1; price <= 5; price += 1) await push(price, 200);
    // One room has changed, for two groups.
    expect(encoded).toHaveBeenCalledTimes(10);
    const [first, ...others] = world.clients.slice(0, 20);
    expect(others.every(({ texts }) => texts.at(-1) === first?.texts.at(-1))).toBe(true);
    // Two of the group stop at a full window, are told of all of it at once, and are with the others again.
    const quick = [...world.clients.keys()].slice(2);
    for (let price = 6; price <= 60; price += 1) {
      await push(price, 200);
      acknowledge(quick);
    }
    expect(world.streams.map(({ isFull }) => isFull).filter(Boolean)).toHaveLength(2);
    encoded.mockClear();
    acknowledge([0, 1]);
    await world.time.pass(200);
    expect(encoded).toHaveBeenCalledTimes(1);
    encoded.mockClear();
    acknowledge(world.clients.keys());
    await push(61, 200);
    expect(encoded.mock.calls.length).toBeLessThanOrEqual(3);
    for (const { values } of world.clients.slice(0, 20)) {
      expect(values.get(ROOMS[0] as SymbolName)?.get("trade")).toMatchObject({ price: 61 });
    }
  } finally {
    encoded.mockRestore();
  }
});

test("ST-12: is packed once for all who ask for the same, and the words behind it wait", async () => {
  const world = new World(
    [true, true, true, false].map((isPacked) => ({ hz: 10, isPacked, channels: null })),
  );
  for (const stream of world.streams) stream.take({ type: "subscribe", symbols: [...ROOMS] });
  await world.time.pass(1_000);
  world.packs = 0;
  const ts = 1 as EpochUs;
  world.rooms.get(ROOMS[0] as SymbolName)?.push([{ kind: "trade", ts, price: 7, size: 1 }]);
  await world.time.pass(1);
  const [stream] = world.streams;
  stream?.take({ type: "unsubscribe", symbols: [ROOMS[0] as string] });
  expect(world.clients[3]?.texts.at(-1)).toContain('"price":7');
  expect(world.clients[0]?.texts.at(-1)).not.toContain('"price":7');
  await world.time.pass(1_000);
  expect(world.packs).toBe(1);
  for (const { texts } of world.clients) expect(texts.at(-1)).toContain('"price":7');
  expect(world.clients.map(({ packed }) => packed > 0)).toEqual([true, true, true, false]);
});

test("ST-12: streams whose message cannot be packed are closed to come back, and the others go on", async () => {
  const world = new World(
    [true, false, true].map((isPacked) => ({ hz: 10, isPacked, channels: null })),
  );
  for (const stream of world.streams) stream.take({ type: "subscribe", symbols: [...ROOMS] });
  await world.time.pass(1_000);
  world.isPackless = true;
  const ts = 1 as EpochUs;
  world.rooms.get(ROOMS[0] as SymbolName)?.push([{ kind: "trade", ts, price: 7, size: 1 }]);
  await world.time.pass(1_000);
  expect(world.closed).toEqual([0, 2]);
  expect(world.clients[1]?.texts.at(-1)).toContain('"price":7');
});

test("ST-10: who comes later, or has fallen behind, is told the same text as the others soon", async () => {
  const orders = [
    ["trade", "book"],
    ["book", "trade"],
  ];
  const asking = (nth: number) => ({
    ...{ hz: 10, isPacked: false },
    channels: orders[nth % 2] ?? null,
  });
  const world = new World(Array.from({ length: 10 }, (_, nth) => asking(nth)));
  const push = async (price: number) => {
    const ts = price as EpochUs;
    world.rooms.get(ROOMS[0] as SymbolName)?.push([{ kind: "trade", ts, price, size: 1 }]);
    await world.time.pass(200);
    for (const nth of world.clients.keys()) world.acknowledge(nth);
  };
  for (const [nth, stream] of world.streams.entries()) {
    stream.take({ type: "subscribe", symbols: [...ROOMS] });
    await push(nth);
  }
  const encoded = vi.spyOn(LatestRoom.prototype, "changedSince");
  try {
    await push(100);
    expect(encoded).toHaveBeenCalledTimes(1);
  } finally {
    encoded.mockRestore();
  }
});

// What it has been told of is copied for each room that it leaves while it goes on: 500 of 500, for each of 1,000 streams, take 12 s.
test("forgets what a stream has been told before it leaves its rooms one by one", async () => {
  const world = new World();
  const [stream] = world.streams;
  stream?.take({ type: "subscribe", symbols: [...ROOMS] });
  await world.time.pass(1_000);
  stream?.left();
  expect(world.left).toEqual(["gone", ...ROOMS]);
});

test("asks no event about channels that no stream has any more", async () => {
  const world = new World([
    { hz: 10, isPacked: false, channels: null },
    ...[1, 2].map((nth) => ({ hz: 10, isPacked: false, channels: [`metric:cpu${nth}*`] })),
  ]);
  for (const stream of world.streams) stream.take({ type: "subscribe", symbols: [...ROOMS] });
  await world.time.pass(1_000);
  const asked = vi.spyOn(Channels.prototype, "has");
  const push = async () => {
    asked.mockClear();
    world.rooms.get(ROOMS[0] as SymbolName)?.push([metricOf("cpu", 1)]);
    await world.time.pass(1_000);
    return asked.mock.contexts.map((channels) => (channels as Channels).key);
  };
  try {
    expect(new Set(await push())).toEqual(new Set(["metric:cpu1*", "metric:cpu2*"]));
    world.streams[1]?.left();
    expect(new Set(await push())).toEqual(new Set(["metric:cpu2*"]));
    world.streams[2]?.left();
    expect(await push()).toEqual([]);
  } finally {
    asked.mockRestore();
  }
});

function metricOf(metric: string, value: number): TapeEvent {
  return { kind: "metric", ts: value as EpochUs, metric, value };
}
