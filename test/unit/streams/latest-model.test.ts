import fc from "fast-check";
import { expect, test } from "vitest";
import { Channels } from "../../../src/core/streams/channels.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { ASKING, type Asking, type Client, ROOMS, World } from "./latest-world.ts";

const RUNS = Number(process.env["MODEL_RUNS"] ?? 100);

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
  { weight: 1, arbitrary: fc.record({ do: fc.constant("end" as const), room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const), client }) },
);

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
            break;
          case "unfollow": {
            const symbol = ROOMS[taken.room] as SymbolName;
            world.streams[taken.client]?.take({ type: "unsubscribe", symbols: [symbol] });
            world.clients[taken.client]?.values.delete(symbol);
            break;
          }
          case "end":
            world.end(ROOMS[taken.room] as SymbolName);
            break;
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
