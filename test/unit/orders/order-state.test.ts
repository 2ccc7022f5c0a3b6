import fc from "fast-check";
import { expect, test } from "vitest";
import { OpenOrders } from "../../../durable/room/state/open-orders.ts";
import { ordersOf, tailOrdersOf } from "../../../src/core/orders/merge-states.ts";
import { isFinal, orderKey, stateKey } from "../../../src/core/orders/order-state.ts";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";
import { ORDER_STATUSES } from "../../../src/protocol/words/order-status.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { order } from "./orders.ts";

const anyState = fc
  .record({
    ts: fc.nat(4),
    status: fc.constantFrom(...ORDER_STATUSES),
    id: fc.constantFrom("1", "2"),
    account: fc.constantFrom("a", "b"),
  })
  .map(({ ts, status, id, account }) => order(ts, status, { id, account }));
/** Of one name there is one, so that the order of arrival decides nothing. */
const anyStates = fc.uniqueArray(anyState, { selector: stateKey, maxLength: 12 });
const shuffled = anyStates.chain((states) =>
  fc.record({
    states: fc.constant(states),
    order: fc.shuffledSubarray(states, { minLength: states.length }),
  }),
);

/** By the words of the rule: the latest, and at one moment the one furthest in its life. */
function newestOf(states: readonly OrderEvent[]): Map<string, OrderEvent> {
  const newest = new Map<string, OrderEvent>();
  for (const [key, all] of Map.groupBy(states, orderKey)) {
    const latest = Math.max(...all.map(({ ts }) => ts));
    const last = all.filter(({ ts }) => ts === latest);
    const far = ORDER_STATUSES.findLast((status) => last.some((one) => one.status === status));
    newest.set(key, last.find(({ status }) => status === far) as OrderEvent);
  }
  return newest;
}

test("OR-3 states that come in any order leave the same newest one", () => {
  fc.assert(
    fc.property(shuffled, ({ states, order: came }) => {
      const newest = newestOf(states);
      const told = tailOrdersOf(came);
      expect(new Map(told.map((one) => [orderKey(one.newest), one.newest]))).toEqual(newest);
      for (const { newest: one, firstUs } of told) {
        const own = states.filter((state) => orderKey(state) === orderKey(one));
        expect(firstUs).toBe(Math.min(...own.map(({ ts }) => ts)));
      }
      const logged = came.map((event, at) => ({ cursor: at as Cursor, event }));
      const lasts = ordersOf(logged.slice(0, 3), logged.slice(2)).map((all) => all.at(-1));
      expect(new Set(lasts)).toEqual(new Set(newest.values()));
    }),
  );
});

test("OR-3 OR-4 a room's open orders are those whose newest state is no end, in whatever order states came", () => {
  fc.assert(
    fc.property(shuffled, fc.nat(12), ({ states, order: came }, wakesAt) => {
      let room = new OpenOrders(undefined);
      came.forEach((state, at) => {
        // What is written down and read again goes on where it was.
        if (at === wakesAt) room = new OpenOrders(JSON.parse(JSON.stringify(room)));
        room.take(state);
      });
      const open = [...newestOf(states).values()].filter(({ status }) => !isFinal(status));
      expect(new Set(room.events.map(stateKey))).toEqual(new Set(open.map(stateKey)));
      expect(room.isCut).toBe(false);
    }),
  );
});

test("INV-9 OR-2 of two states of one name the later in the log stays", () => {
  const [first, second] = [order(1, "sent", { price: 1 }), order(1, "sent", { price: 2 })];
  const room = new OpenOrders(undefined);
  for (const state of [first, second]) room.take(state);
  expect(room.events).toEqual([second]);
  const at = (cursor: number, event: OrderEvent) => ({ cursor: cursor as Cursor, event });
  expect(ordersOf([at(7, second)], [at(6, first)])).toEqual([[second]]);
});

test("OR-4 a room keeps so many open orders, says so, and takes no old state of another for the newest", () => {
  const room = new OpenOrders(undefined);
  for (let at = 0; at < 1_001; at += 1) room.take(order(at + 10, "sent", { id: `${at}` }));
  expect([room.events.length, room.isCut]).toEqual([1_000, true]);
  // It may be older than what was let go.
  room.take(order(9, "acknowledged", { id: "0" }));
  expect(room.events).toHaveLength(1_000);
  expect(room.events[0]?.id).toBe("1");
  expect(JSON.stringify(room).length).toBeLessThan(400_000);
});

test("OR-4 a late state of an order that was over long ago does not open it again", () => {
  const room = new OpenOrders(undefined);
  for (let at = 0; at < 600; at += 1) room.take(order(at, "filled", { id: `${at}` }));
  room.take(order(0, "sent", { id: "0" }));
  expect(room.events).toEqual([]);
  // Nobody can tell any more, so it is said that one may be missing.
  expect(room.isCut).toBe(true);
  room.take(order(1_000, "sent", { id: "new" }));
  expect(room.events.map(({ id }) => id)).toEqual(["new"]);
});

test("OR-4 long names fill a room's memory sooner", () => {
  const room = new OpenOrders(undefined);
  const long = "x".repeat(195);
  for (let at = 0; at < 1_000; at += 1) {
    room.take(order(at, "sent", { id: `${long}${at}`, venue: long, account: long, type: long }));
  }
  expect(JSON.stringify(room).length).toBeLessThan(400_000);
  expect(room.isCut).toBe(true);
});

test("OR-3 OR-4 beyond what a room keeps, what it tells as open is so, and what is missing is said", () => {
  const many = fc.integer({ min: 0, max: 2 ** 31 }).map((seed) => {
    // A few hundred more orders than are kept after their end, with states in no order.
    const random = randomOf(seed);
    return Array.from({ length: 4_000 }, () =>
      order(random(400), ORDER_STATUSES[random(ORDER_STATUSES.length)] as OrderEvent["status"], {
        id: String(random(1_600)),
      }),
    );
  });
  fc.assert(
    fc.property(many, (states) => {
      // Of two of one name the later one counts, which is the same state here.
      const room = new OpenOrders(undefined);
      for (const state of states) room.take(state);
      const newest = newestOf(states);
      for (const told of room.events) expect(newest.get(orderKey(told))).toEqual(told);
      const open = [...newest.values()].filter(({ status }) => !isFinal(status));
      if (room.events.length < open.length) expect(room.isCut).toBe(true);
    }),
    { numRuns: 20 },
  );
});

function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
