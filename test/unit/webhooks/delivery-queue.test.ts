import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeliveryQueue, QUEUE } from "../../../src/core/webhooks/delivery-queue.ts";
import type { Waiting } from "../../../src/core/webhooks/webhook-lanes.ts";

const waiting = (number: number, to: string, lane = `lane-${number}`, queuedAtMs = 0): Waiting => ({
  ...{ number, to, lane, queuedAtMs, attempts: 0, dueMs: 0 },
});
const numbers = (all: readonly Waiting[]) => all.map(({ number }) => number);
const half = () => 0.5;

describe("WH-4 WH-5 what waits to be sent", () => {
  it("keeps the order of a lane, and holds no other", () => {
    const queue = new DeliveryQueue(half);
    for (const [number, lane] of [
      [1, "a"],
      [2, "a"],
      [3, "b"],
    ] as const) {
      queue.add(waiting(number, "desk", lane));
    }
    const first = queue.take(0);
    expect(numbers(first)).toEqual([1, 3]);
    queue.failed(first[0] as Waiting, 0);
    queue.done(first[1] as Waiting, true);
    // 2 may not overtake 1, which is tried again after half of the 4 s that a first failure may take.
    expect(numbers(queue.take(1_999))).toEqual([]);
    expect(queue.nextMs(1_999)).toBe(2_000);
    const again = queue.take(2_000);
    expect(numbers(again)).toEqual([1]);
    expect(again[0]?.attempts).toBe(1);
    queue.done(again[0] as Waiting, true);
    expect(numbers(queue.take(2_000))).toEqual([2]);
  });

  it("sends six at once, two to each, and one to one that fails", () => {
    const queue = new DeliveryQueue(half);
    let number = 0;
    for (const to of ["a", "b", "c", "d"]) {
      for (let each = 0; each < 3; each += 1) queue.add(waiting(++number, to));
    }
    const taken = queue.take(0);
    expect(taken.map(({ to }) => to)).toEqual(["a", "a", "b", "b", "c", "c"]);
    queue.failed(taken[0] as Waiting, 0);
    expect(numbers(queue.take(0))).toEqual([10]);
    queue.failed(taken[1] as Waiting, 0);
    expect(numbers(queue.take(0))).toEqual([11]);
    for (const one of taken.slice(2)) queue.done(one, true);
    expect(queue.take(10_000).filter(({ to }) => to === "a")).toHaveLength(1);
  });

  it("those that fail hold up nobody, however many they are", () => {
    const queue = new DeliveryQueue(half);
    for (let number = 0; number < 20; number += 1) {
      queue.setHealth(`away-${number}`, { failures: 1, pausedUntilMs: 0 });
      queue.add(waiting(number, `away-${number}`));
    }
    expect(queue.take(0)).toHaveLength(QUEUE.atOnceFailing);
    queue.add(waiting(100, "well"));
    expect(numbers(queue.take(0))).toEqual([100]);
  });

  it("one that is refused always does not hold the others of its webhook", () => {
    const queue = new DeliveryQueue(half);
    for (const number of [1, 2, 3, 4, 5]) queue.add(waiting(number, "desk"));
    let nowMs = 0;
    const arrived: number[] = [];
    while (queue.size > 1) {
      for (const one of queue.take(nowMs)) {
        if (one.number === 1) queue.failed(one, nowMs);
        else {
          queue.done(one, true);
          arrived.push(one.number);
        }
      }
      nowMs = Math.max(nowMs, queue.nextMs(nowMs) ?? nowMs);
    }
    expect(arrived).toEqual([2, 3, 4, 5]);
    expect(nowMs).toBeLessThan(30_000);
  });

  it("what waited for one that was away goes when it is back, and waits as long as it asks", () => {
    const queue = new DeliveryQueue(half);
    for (const number of [1, 2, 3, 4, 5, 6]) queue.add(waiting(number, "desk"));
    let nowMs = 0;
    for (let attempt = 0; attempt < 12; attempt += 1) {
      for (const one of queue.take(nowMs)) queue.failed(one, nowMs, 60_000);
      const nextMs = queue.nextMs(nowMs) as number;
      expect(nextMs - nowMs).toBeGreaterThanOrEqual(60_000);
      nowMs = nextMs;
    }
    const [first] = queue.take(nowMs);
    queue.done(first as Waiting, true);
    let left = 5;
    for (let taken = queue.take(nowMs); taken.length > 0; taken = queue.take(nowMs)) {
      left -= taken.length;
      for (const one of taken) queue.done(one, true);
    }
    expect(left).toBe(0);
  });

  it("waits as long as it asks, however what was under way by then ends", () => {
    for (const failuresBefore of [0, QUEUE.awayFailures]) {
      for (const end of ["arrives", "fails", "is given up"] as const) {
        const queue = new DeliveryQueue(half);
        queue.add(waiting(1, "desk"));
        queue.add(waiting(2, "desk"));
        queue.add(waiting(3, "desk"));
        const [one, two] = queue.take(0) as [Waiting, Waiting];
        queue.setHealth("desk", { failures: failuresBefore, pausedUntilMs: 0 });
        queue.failed(one, 0, 30_000);
        if (end === "fails") queue.failed(two, 1_000);
        else queue.done(two, end === "arrives");
        expect(numbers(queue.take(29_999)), end).toEqual([]);
        const kept = queue.healthOf("desk");
        const nextMs = queue.nextMs(29_999) as number;
        expect(nextMs, end).toBeGreaterThanOrEqual(30_000);
        expect(queue.take(nextMs).length, end).toBeGreaterThan(0);

        const restarted = new DeliveryQueue(half);
        restarted.setHealth("desk", kept);
        restarted.add(waiting(1, "desk"));
        expect(numbers(restarted.take(29_999)), end).toEqual([]);
        restarted.release("desk");
        expect(numbers(restarted.take(29_999)), end).toEqual([1]);
      }
    }
  });

  it("the longest of what it asks holds", () => {
    const queue = new DeliveryQueue(half);
    queue.add(waiting(1, "desk"));
    queue.add(waiting(2, "desk"));
    const [one, two] = queue.take(0) as [Waiting, Waiting];
    queue.failed(one, 0, 30_000);
    queue.failed(two, 1_000, 5_000);
    expect(queue.nextMs(1_000)).toBe(30_000);
  });

  it("WH-6 gives up after a day, but not what it has not tried", () => {
    const queue = new DeliveryQueue(half);
    queue.add(waiting(1, "desk", "a"));
    queue.add(waiting(2, "desk", "a", QUEUE.giveUpMs / 2));
    queue.failed(queue.take(0)[0] as Waiting, 0);
    queue.add(waiting(3, "other"));
    expect(numbers(queue.giveUp(QUEUE.giveUpMs - 1))).toEqual([]);
    expect(numbers(queue.giveUp(QUEUE.giveUpMs))).toEqual([1]);
    expect(numbers(queue.take(QUEUE.giveUpMs))).toEqual([3, 2]);
  });

  it("does not wait for a clock that was turned back", () => {
    const queue = new DeliveryQueue(half);
    queue.add(waiting(1, "desk"));
    const dayMs = 86_400_000;
    queue.failed(queue.take(dayMs)[0] as Waiting, dayMs);
    expect(queue.nextMs(0)).toBe(0);
    expect(numbers(queue.take(0))).toEqual([1]);
  });

  it("forgets a webhook with all that waits for it, also what is under way", () => {
    const queue = new DeliveryQueue(half);
    queue.add(waiting(1, "desk"));
    queue.add(waiting(2, "desk"));
    const [one, two] = queue.take(0) as [Waiting, Waiting];
    queue.remove("desk");
    expect([queue.size, queue.nextMs(0)]).toEqual([0, null]);
    queue.add(waiting(3, "desk"));
    queue.done(one, true);
    queue.failed(two, 0);
    expect([queue.size, numbers(queue.take(0))]).toEqual([1, [3]]);
  });
});

describe("WH-4 whatever happens", () => {
  const WEBHOOKS = ["a", "b", "c"];
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("queue" as const),
      to: fc.constantFrom(...WEBHOOKS),
      lane: fc.constantFrom("x", "y"),
    }),
    fc.record({ kind: fc.constant("end" as const), at: fc.nat(5), isUp: fc.boolean() }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(2_000_000) }),
    fc.record({ kind: fc.constant("restart" as const) }),
  );

  it("each lane arrives in order, at least once and few at a time, through any restart", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(), (steps, seed) => {
        let random = seed;
        const next = () => {
          random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
          return random / 2_147_483_648;
        };
        let queue = new DeliveryQueue(next);
        let nowMs = 0;
        let number = 0;
        let underWay: Waiting[] = [];
        const kept = new Map<number, Waiting>();
        const arrived = new Map<string, number[]>();
        const pump = () => {
          underWay.push(...queue.take(nowMs));
          expect(underWay.length).toBeLessThanOrEqual(QUEUE.atOnce);
          const lanes = underWay.map(({ to, lane }) => `${to} ${lane}`);
          expect(new Set(lanes).size).toBe(lanes.length);
        };
        const end = (one: Waiting, isUp: boolean) => {
          underWay = underWay.filter((other) => other !== one);
          if (isUp) {
            queue.done(one, true);
            kept.delete(one.number);
            const lane = `${one.to} ${one.lane}`;
            arrived.set(lane, [...(arrived.get(lane) ?? []), one.number]);
          } else kept.set(one.number, queue.failed(one, nowMs));
        };
        for (const each of steps) {
          if (each.kind === "queue") {
            const one = waiting(++number, each.to, each.lane, nowMs);
            kept.set(number, one);
            queue.add(one);
          } else if (each.kind === "end") {
            const one = underWay[each.at % Math.max(1, underWay.length)];
            if (one !== undefined) end(one, each.isUp);
          } else if (each.kind === "wait") nowMs += each.ms;
          else {
            const health = WEBHOOKS.map((name) => [name, queue.healthOf(name)] as const);
            queue = new DeliveryQueue(next);
            underWay = [];
            for (const [name, state] of health) queue.setHealth(name, state);
            for (const one of kept.values()) queue.add(one);
          }
          expect(queue.size).toBe(kept.size);
          pump();
        }
        // From now on everybody takes what comes.
        for (let turn = 0; queue.size > 0; turn += 1) {
          expect(turn).toBeLessThan(1_000);
          for (const one of [...underWay]) end(one, true);
          nowMs = Math.max(nowMs, queue.nextMs(nowMs) ?? nowMs);
          pump();
        }
        const all = [...arrived.values()].flat();
        expect(all.sort((a, b) => a - b)).toEqual(
          Array.from({ length: number }, (_, at) => at + 1),
        );
        for (const lane of arrived.values()) {
          expect(lane).toEqual([...lane].sort((a, b) => a - b));
        }
        // Whatever failed, what could be sent was sent within the longest backoffs.
        expect(underWay).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
