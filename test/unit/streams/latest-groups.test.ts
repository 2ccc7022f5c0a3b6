import { expect, test, vi } from "vitest";
import { Channels } from "../../../src/core/streams/channels.ts";
import { LatestRoom } from "../../../src/core/streams/latest-room.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { type Client, ROOMS, World } from "./latest-world.ts";

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

test("ST-10: who waits for a room is told of it, though another who waited has left meanwhile", async () => {
  const world = new World();
  const [first, second] = world.streams;
  const [A] = ROOMS as [SymbolName];
  first?.take({ type: "subscribe", symbols: [A] });
  second?.take({ type: "subscribe", symbols: [A] });
  first?.left();
  await world.time.pass(1_000);
  world.rooms.get(A)?.push([metricOf("cpu", 7)]);
  await world.time.pass(1_000);
  expect([...(world.clients[1]?.values.get(A)?.keys() ?? [])]).toEqual(["cpu"]);
});

test("leaves a room that it comes back into when nobody wants it any more", async () => {
  const world = new World();
  const [A] = ROOMS as [SymbolName];
  world.streams[0]?.take({ type: "subscribe", symbols: [A] });
  await world.time.pass(1_000);
  world.end(A);
  await world.time.pass(1_001);
  world.streams[0]?.take({ type: "unsubscribe", symbols: [A] });
  await world.time.pass(1_000);
  expect(world.rooms.get(A)?.tap).toBeNull();
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
