import fc from "fast-check";
import { expect, it } from "vitest";
import type { RoomId } from "../../../../durable/host/log/host-log.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { OutboxWorld } from "./outbox-world.ts";

const ROOMS = [1, 2, 3, 4];
const END = Number.MAX_SAFE_INTEGER as Cursor;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("append"), rooms: fc.subarray(ROOMS) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass"), ms: fc.nat(3_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("poison"), rooms: fc.subarray(ROOMS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("block"), rooms: fc.subarray(ROOMS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("away", "crash", "prune", "other") }) },
);
type Step = { kind: string; rooms?: number[]; ms?: number };

/** What a room may count on: what it has beyond `storedThrough` can be read from here, and all else is in Postgres. */
function check(world: OutboxWorld, appended: Map<number, Cursor[]>): void {
  const { log, outbox, identity } = world;
  for (const room of ROOMS) {
    const held = [...outbox.held.framesAfter(room as RoomId, 0 as Cursor, END)];
    const heldFrom = outbox.held.of(room as RoomId)?.first ?? END;
    const storedThrough = Math.min(log.storedThrough, heldFrom - 1);
    const stored = new Set(world.storedIn(identity, room));
    for (const cursor of appended.get(room) ?? []) {
      const isHeld = held.some((frame) => frame.cursor === cursor);
      // What another database took with it is known to be lost, up to where the log was pruned when it came.
      if (cursor <= storedThrough && cursor > world.lostThrough) expect(stored).toContain(cursor);
      else if (cursor > storedThrough && cursor <= log.prunedThrough) expect(isHeld).toBe(true);
      expect(isHeld && cursor > log.storedThrough).toBe(false);
    }
    expect(new Set(held.map(({ cursor }) => cursor)).size).toBe(held.length);
  }
}

it("INV-1 S-8 whatever is refused, blocked, away, replaced, pruned or dies: nothing is lost, and others go on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const world = new OutboxWorld();
      const appended = new Map<number, Cursor[]>();
      let number = 0;
      let databases = 0;
      let poisoned: number[] = [];
      world.takesMs = () => 20;
      for (const { kind, rooms = [], ms = 0 } of steps as Step[]) {
        if (kind === "append" && rooms.length > 0) {
          number += 1;
          world.append(...rooms.map((room) => [room, textOf(room, poisoned, number)] as const));
          for (const [at, room] of rooms.entries()) {
            const cursor = (world.log.head - rooms.length + 1 + at) as Cursor;
            appended.set(room, [...(appended.get(room) ?? []), cursor]);
          }
        } else if (kind === "poison") poisoned = rooms;
        else if (kind === "block") world.block(rooms);
        else if (kind === "away") world.isAway = !world.isAway;
        else if (kind === "crash") await world.crash();
        else if (kind === "prune") world.log.prune();
        else if (kind === "other") {
          databases += 1;
          world.replace(`database ${databases}`);
        } else await world.pass(ms);
        check(world, appended);
      }
      world.isAway = false;
      world.block([]);
      world.isMild = true;
      world.append([9, "the end"]);
      await world.pass(300_000);
      check(world, appended);
      expect(world.outbox.bytes).toBe(0);
      expect(world.awake).toBe(0);
      expect(world.storedIn(world.identity, 9)).toHaveLength(1);
    }),
    { numRuns: 150 },
  );
}, 60_000);

function textOf(room: number, poisoned: readonly number[], number: number): string {
  return poisoned.includes(room) ? `bad ${number}` : `${number}`;
}
