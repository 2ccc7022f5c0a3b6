import fc from "fast-check";
import { expect, test } from "vitest";
import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/time.ts";
import { ModelRoom } from "./model-room.ts";
import { KEEPING, WINDOW_BYTES } from "./room-world.ts";

const RUNS = Number(process.env["MODEL_RUNS"] ?? 300);
/** A frame of fifty events of the model, which may be longer than joined frames are. */
const LONGEST_MESSAGE = 8_000;

const viewerIndex = fc.nat({ max: 11 });

const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      batches: fc.array(
        fc.record({
          size: fc.oneof(
            { weight: 3, arbitrary: fc.integer({ min: 1, max: 8 }) },
            { weight: 1, arbitrary: fc.integer({ min: 1, max: 200 }) },
          ),
          /** Every so many events are trades; of those every so many repeat an earlier one. */
          tradeEvery: fc.constantFrom(1, 2, 5),
          repeatEvery: fc.constantFrom(0, 3, 7),
          lateByMs: fc.constantFrom(0, 0, 1_500, 90_000, 400_000),
          keyed: fc.boolean(),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("retry" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      since: fc.oneof(
        fc.constantFrom("none" as const, "origin" as const, "head" as const, "future" as const),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      acks: fc.constantFrom("when due" as const, "when due" as const, "never" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("reconnect" as const), viewerIndex }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("ack" as const),
      viewerIndex,
      far: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  fc.record({ do: fc.constantFrom("leave" as const, "break" as const), viewerIndex }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant("sleep" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(0, 1, 7, 300, 4_000, 20_000, 70_000),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("turn" as const) }) },
  fc.record({ do: fc.constant("turnBack" as const), ms: fc.constantFrom(5, 3_000, 200_000) }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("postgres" as const),
      mode: fc.constantFrom("up" as const, "slow" as const, "away" as const, "forgetful" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("poll" as const),
      fromOrigin: fc.boolean(),
      limit: fc.constantFrom(1, 60, 1_000),
    }),
  },
);
const steps = fc.array(action, { maxLength: 50, size: "max" });
/** Where the directory says that something from before the log could be. */
const earlierPlace = fc.constantFrom("nowhere" as const, "postgres" as const);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

async function act(room: ModelRoom, step: Action): Promise<void> {
  switch (step.do) {
    case "append":
      return room.append(step.batches);
    case "retry":
      return room.retry();
    case "connect":
      return room.connect(sinceOf(room, step.since), step.acks === "when due");
    case "reconnect":
      return room.reconnect(step.viewerIndex);
    case "ack":
      return room.acknowledge(step.viewerIndex, step.far);
    case "leave":
      return room.leave(step.viewerIndex);
    case "break":
      return room.breakSocket(step.viewerIndex);
    case "sleep":
      return room.sleep();
    case "crash":
      return room.crash();
    case "pass":
      return room.pass(step.ms);
    case "turn":
      return room.turn();
    case "turnBack":
      return room.turnBack(step.ms);
    case "postgres":
      return room.setPostgres(step.mode);
    case "poll":
      return room.poll(step.fromOrigin ? CURSOR_ORIGIN : null, step.limit);
    default:
      step satisfies never;
  }
}

function sinceOf(room: ModelRoom, since: string | number): Cursor | null {
  if (since === "none") return null;
  if (since === "origin") return CURSOR_ORIGIN;
  if (since === "head") return room.head;
  if (since === "future") return (room.head + 1_000_000) as Cursor;
  const { entries } = room.tape;
  return entries[Math.floor(Number(since) * (entries.length - 1))]?.cursor ?? room.head;
}

test(
  "INV-1 to INV-6: whatever happens, every viewer gets every event once, in order, or a gap",
  async () => {
    await fc.assert(
      fc.asyncProperty(earlierPlace, steps, async (place, taken) => {
        const room = await ModelRoom.open(place);
        for (const step of taken) {
          await act(room, step);
          room.throwFailures();
        }
        await room.comeToRest();
        room.throwFailures();

        for (const viewer of room.openViewers) {
          expect(viewer.isLive).toBe(true);
          expect(viewer.hasAll).toBe(true);
        }
        // INV-1, INV-6: all of it is in Postgres, once.
        expect(room.stored).toEqual(room.kept);
        // D-5: whatever died in between, the last state of the book is a sample.
        expect(room.books.sampled).toEqual(room.books.current);
        // INV-5: the window, the page or message that went over it, and the grain of what sleep remembers.
        const bound = WINDOW_BYTES * 1.25 + LONGEST_MESSAGE;
        for (const viewer of room.everyViewer) expect(viewer.mostUnackedBytes).toBeLessThan(bound);
        // The log is what it may forget at the latest: what it keeps, and a row over it.
        expect(room.logEvents).toBeLessThanOrEqual(KEEPING.events + KEEPING.slackEvents + 600);
      }),
      { numRuns: RUNS },
    );
  },
  60_000 + RUNS * 400,
);
