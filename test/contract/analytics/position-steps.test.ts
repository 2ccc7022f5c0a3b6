import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import {
  type PositionStepsQuery,
  readPositionSteps,
} from "../../../src/db/events/read-position-steps.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import type { PositionEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, NOON_US, position, room } from "../events.ts";

/** What the steps of one symbol are, told slowly. */
function model(
  log: readonly PositionEvent[],
  { account, fromUs, toUs }: Pick<PositionStepsQuery, "account" | "fromUs" | "toUs">,
) {
  const names = [...new Set(log.map((one) => one.account ?? ""))].sort();
  const asked = names.filter((name) => account === null || name === account);
  return asked.flatMap((name) => {
    const byMoment = new Map<number, PositionEvent>();
    for (const one of log) if ((one.account ?? "") === name) byMoment.set(one.ts, one);
    const all = [...byMoment.values()].sort((a, b) => a.ts - b.ts).filter(({ ts }) => ts <= toUs);
    const steps = all
      .filter(({ ts }, index) => ts > fromUs || !((all[index + 1]?.ts ?? toUs + 1) <= fromUs))
      .map((one) => ({ ts: one.ts, quantity: one.quantity, avgPrice: one.avg_price ?? null }))
      .filter((step, index, kept) => {
        const before = kept[index - 1];
        const isSame = before?.quantity === step.quantity && before.avgPrice === step.avgPrice;
        return !isSame;
      });
    return steps.length > 0 ? [[name, steps] as const] : [];
  });
}

describe.each(testDatabaseKinds())("steps of positions on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  const ids = new SeriesIdCache();
  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  const stateOf = fc.record({
    ts: fc.integer({ min: 0, max: 12 }),
    quantity: fc.integer({ min: -1, max: 1 }),
    avgPrice: fc.option(fc.constantFrom(1.1, 2.25), { nil: undefined }),
    account: fc.constantFrom(undefined, "a", "ü,\"'b"),
  });
  const logOf = fc.record({
    states: fc.array(stateOf, { maxLength: 25 }),
    inRoom: fc.nat({ max: 25 }),
  });

  test("INV-3 INV-9 are those of the log, wherever it is cut between Postgres and the room", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(logOf, { minLength: 1, maxLength: 3 }),
        fc.tuple(fc.integer({ min: -1, max: 13 }), fc.integer({ min: 0, max: 14 })),
        fc.constantFrom(null, "", "a", "no such"),
        async (given, [first, length], account) => {
          const range = {
            ...{ account, fromUs: at(NOON_US + first) },
            toUs: at(NOON_US + first + length),
          };
          const symbols = [];
          const wanted = [];
          for (const { states, inRoom } of given) {
            const symbol = freshSymbol();
            const log = states.map((one) =>
              position(NOON_US + one.ts, one.quantity, one.avgPrice, one.account),
            );
            const stored = Math.max(0, log.length - inRoom);
            const frames = log.slice(0, stored).map((one, index) => frame(index + 1, one));
            await storeFrames(database.db, [room(symbol, ...frames)], ids);
            symbols.push({
              ...{ symbol, storedThrough: cursorAt(stored), tailCursor: cursorAt(log.length) },
              tail: log.slice(stored),
            });
            wanted.push(new Map(model(log, range)));
          }
          const steps = await readPositionSteps(database.db, { symbols, ...range, limit: 1_000 });
          expect(steps).toEqual({ kind: "steps", bySymbol: wanted });
        },
      ),
      { numRuns: 60 },
    );
  });

  async function asked(log: PositionEvent[], stored: number, cursor: number) {
    const symbol: SymbolName = freshSymbol();
    const frames = log.map((one, index) => frame(index + 1, one));
    await storeFrames(database.db, [room(symbol, ...frames)], ids);
    const tail = log.slice(stored, cursor);
    return { symbol, storedThrough: cursorAt(stored), tailCursor: cursorAt(cursor), tail };
  }
  const range = { account: null, fromUs: at(NOON_US), toUs: at(NOON_US + 9) };

  it("count what was stored since the room was asked once, and what has replaced a state since then instead of it", async () => {
    const log = [position(NOON_US, 1, 1), position(NOON_US + 1, 2, 1), position(NOON_US, 3, 1)];
    const symbols = [await asked(log, 1, 2)];
    expect(await readPositionSteps(database.db, { symbols, ...range, limit: 9 })).toMatchObject({
      bySymbol: [
        new Map([
          [
            "",
            [
              { ts: NOON_US, quantity: 3, avgPrice: 1 },
              { ts: NOON_US + 1, quantity: 2, avgPrice: 1 },
            ],
          ],
        ]),
      ],
    });
  });

  it("are refused where they are too many", async () => {
    const log = [1, 2, 3].map((nth) => position(NOON_US + nth, nth));
    const symbols = [await asked(log, 3, 3), await asked(log, 1, 3)];
    const read = (limit: number) => readPositionSteps(database.db, { symbols, ...range, limit });
    expect((await read(5)).kind).toBe("too_many");
    expect((await read(6)).kind).toBe("steps");
  });
});
