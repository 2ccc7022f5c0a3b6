import fc from "fast-check";
import { expect, test } from "vitest";
import { openFollower } from "../../../client/follower.ts";
import type { Delivery, Place } from "../../../client/state.ts";
import { openTape } from "../../../client/tape.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { fakeRoom, WINDOW_BYTES } from "./fake-room.ts";
import { withStreams } from "./fake-streams.ts";

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      frames: fc.integer({ min: 1, max: 5 }),
      events: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.constantFrom(1, 18, 33, 200, 1_000, 4_000, 12_000, 31_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("blackout" as const),
      ms: fc.constantFrom(3_000, 9_000),
      helloMs: fc.constantFrom(20, 400, 3_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("close" as const),
      code: fc.constantFrom(1000, 1001, 1006, 1011, 4000, 4001, 4002),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("repeat" as const),
      back: fc.integer({ min: 0, max: 4 }),
    }),
  },
  fc.record({ do: fc.constant("sleep" as const), ms: fc.constantFrom(6_000, 60_000) }),
  fc.record({ do: fc.constant("refuseSockets" as const), on: fc.boolean() }),
  fc.record({ do: fc.constant("refuseEvents" as const), on: fc.boolean() }),
  fc.record({ do: fc.constant("refusePolls" as const), on: fc.boolean() }),
  fc.record({ do: fc.constant("silence" as const), ms: fc.constantFrom(500, 20_000) }),
  fc.record({ do: fc.constant("hold" as const), on: fc.boolean() }),
  fc.record({ do: fc.constant("throwNext" as const), times: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constantFrom("prune" as const, "sayGap" as const, "garbage" as const) }),
  fc.record({
    do: fc.constant("beginAnew" as const),
    later: fc.constantFrom(-100, -21, 0, 1_000),
  }),
  fc.record({ do: fc.constant("restore" as const), frames: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant("handOver" as const) }),
  fc.record({
    do: fc.constant("notice" as const),
    event: fc.constantFrom("woke" as const, "wentOnline" as const, "wentOffline" as const),
  }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** What a consumer went through without a reset: from `from` (null: its first event) to `to` of one life of the log. */
interface Span {
  life: number | null;
  from: number | null;
  to: number;
  got: number[];
  gaps: { from: number; to: number }[];
}

interface Consumer {
  /** Deliveries at which it will throw. */
  throwsLeft: number;
}

async function act(
  room: ReturnType<typeof fakeRoom>,
  consumer: Consumer,
  step: Action,
): Promise<void> {
  switch (step.do) {
    case "append":
      return room.append(step.frames, step.events);
    case "advance":
      return room.clock.advance(step.ms);
    case "sleep":
      return room.clock.sleep(step.ms);
    case "close":
      return room.close(step.code);
    case "blackout":
      // Sockets are refused for a while and then slow: the way through polling and back.
      room.refuseSockets = true;
      room.close(1006);
      await room.clock.advance(step.ms);
      room.refuseSockets = false;
      room.helloMs = step.helloMs;
      return;
    case "repeat":
      return room.repeat(step.back);
    case "refuseSockets":
      room.refuseSockets = step.on;
      return;
    case "refuseEvents":
      room.refuseEvents = step.on;
      return;
    case "refusePolls":
      room.refusePolls = step.on;
      return;
    case "silence":
      // What is said meanwhile is lost with the connection, as with a cable pulled: the sockets never speak again.
      room.silent = true;
      await room.clock.advance(step.ms);
      room.silent = false;
      for (const connection of room.living()) {
        connection.socket.onmessage = null;
        connection.open = false;
      }
      return;
    case "hold":
      room.holding = step.on;
      if (!step.on) room.flush();
      return;
    case "prune":
    case "sayGap":
    case "garbage":
      return room[step.do]();
    case "beginAnew":
      return room.beginAnew(step.later);
    case "restore":
      return room.restore(step.frames);
    case "handOver":
      return room.handOver();
    case "throwNext":
      consumer.throwsLeft = step.times;
      return;
    case "notice":
      return room.notice(step.event);
    default:
      step satisfies never;
  }
}

test("INV-2 whatever the room does, a viewer gets every later event once and in order, or a gap that says so", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 40, size: "max" }),
      fc.constantFrom("now" as const, "cursor" as const, "place" as const),
      // By a socket of its own, or by one that it shares.
      fc.boolean(),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (actions, begins, shares, chance) => {
        const room = fakeRoom();
        room.append(3, 2);
        const start = begins === "now" ? null : (room.log[0]?.cursor ?? 0);
        const spans: Span[] = [{ life: null, from: start, to: 0, got: [], gaps: [] }];
        const consumer: Consumer = { throwsLeft: 0 };
        const receive = (delivery: Delivery, place: Place) => {
          if (consumer.throwsLeft > 0) {
            consumer.throwsLeft -= 1;
            throw new Error("the consumer's own");
          }
          if (delivery.type === "gap" && delivery.reason === "reset") {
            spans.push({ life: null, from: delivery.to, to: delivery.to, got: [], gaps: [] });
          }
          const span = spans.at(-1) ?? expect.fail("no span");
          if (place.cursor === null) return;
          const life = room.lifeOf(place.log);
          if (span.life !== null)
            expect(life, "only a reset leads to another life").toBe(span.life);
          // Of a cursor that came without its log nobody knows that it is of a log that was lost (SPEC C-3).
          const mayBeAhead = begins === "cursor" && room.appended.some(({ isLost }) => isLost);
          if (span.life === null && spans.length === 1 && mayBeAhead) span.from = null;
          span.life = life;
          if (delivery.type !== "events" && span.got.length === 0) {
            span.from ??= delivery.type === "gap" ? delivery.from : place.cursor;
          }
          if (delivery.type === "gap" && delivery.reason !== "reset") {
            span.gaps.push({ from: delivery.from, to: delivery.to });
          }
          span.to = place.cursor;
          if (delivery.type !== "events") return;
          for (const event of delivery.events)
            if (event.kind === "metric") span.got.push(event.value);
        };
        const options = {
          onDelivery: receive,
          ...(start === null ? {} : { since: start as Cursor }),
          ...(begins === "place" && { log: room.logId() as LogId }),
        };
        const address = { baseUrl: "http://room.test" };
        const deps = room.deps(() => chance.next().value ?? 0);
        const tape = shares
          ? openFollower(
              address,
              withStreams(deps, () => room.silent),
            ).follow("BTC-USD", options)
          : openTape({ ...address, ...options, symbol: "BTC-USD" }, deps);
        for (const step of actions) {
          await act(room, consumer, step);
          expect(room.living().length, "sockets open at once").toBeLessThanOrEqual(2);
        }
        room.refuseSockets = false;
        room.refusePolls = false;
        room.refuseEvents = true;
        room.close(1006);
        room.holding = false;
        consumer.throwsLeft = 0;
        room.notice("wentOnline");
        await room.clock.advance(90_000);
        room.append(1, 1);
        await room.clock.advance(1_000);

        expect(tape.status().words).toBe("live");
        expect(tape.cursor()).toBe(room.head());
        expect(room.lifeOf(tape.log())).toBe(room.lifeOf(room.logId()));
        const all = spans.flatMap(({ got }) => got);
        const lost = new Set(
          room.appended.filter(({ isLost }) => isLost).flatMap(({ ids }) => ids),
        );
        for (const { life, from, to, got, gaps } of spans) {
          // A fresh viewer's first event is its start; from there on nothing may be missing.
          const isAfterStart = (frame: { cursor: number; ids: number[] }) =>
            from === null ? (frame.ids[0] ?? 0) >= (got[0] ?? 0) : frame.cursor > from;
          const inGap = (cursor: number) => gaps.some((g) => cursor > g.from && cursor <= g.to);
          const expected = room.appended
            .filter((frame) => frame.life === life && isAfterStart(frame) && frame.cursor <= to)
            .filter((frame) => !inGap(frame.cursor))
            .flatMap(({ ids }) => ids);
          const isThere = (id: number) => !lost.has(id);
          expect(got.filter(isThere)).toEqual(expected.filter(isThere));
        }
        expect(all, "in order, once").toEqual([...new Set(all)].sort((a, b) => a - b));
        expect(room.maxUnackedBytes).toBeLessThan(WINDOW_BYTES);
        tape.close();
        expect(room.clock.pendingTimers()).toBeLessThanOrEqual(2);
        expect(room.living()).toHaveLength(0);
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);
