import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { type PositionStep, symbolPnl } from "../../../src/core/attribution/symbol-pnl.ts";
import type { BucketValues } from "../../../src/core/statistics/bucket-values.ts";
import type { AskedSymbol } from "../../../src/db/events/read-position-steps.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import type { PositionEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import {
  FOLD_LIMITS,
  type FoldLimits,
  foldPositions,
} from "../../../src/reads/analytics/fold-positions.ts";
import { pnlOfSteps } from "../../unit/attribution/book.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, cursorAt, frame, freshSymbol, NOON_US, position, room } from "../events.ts";

/** Noon is a border of these. */
const BUCKET_US = 4;
const SPAN = { fromUs: at(NOON_US), toUs: at(NOON_US + 5 * BUCKET_US), bucketUs: BUCKET_US };

describe.each(testDatabaseKinds())("positions in parts on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  const ids = new SeriesIdCache();
  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  const money = fc.integer({ min: -5_000, max: 5_000 }).map((cents) => cents / 100);
  const stateOf = fc.record({
    us: fc.integer({ min: -3, max: 22 }),
    quantity: fc.oneof(fc.integer({ min: -2, max: 2 }), money),
    avgPrice: fc.option(fc.oneof(fc.constantFrom(1, 1.005), money), { nil: undefined }),
    account: fc.constantFrom(undefined, "a", "b"),
  });
  const logOf = fc.record({
    states: fc.array(stateOf, { maxLength: 25 }),
    inRoom: fc.nat(25),
    closes: fc.uniqueArray(fc.tuple(fc.integer({ min: -2, max: 4 }), money), {
      ...{ minLength: 3, maxLength: 7, selector: ([bucket]) => bucket },
    }),
  });

  function fold(
    asked: readonly AskedSymbol[],
    closesOf: ReadonlyMap<SymbolName, BucketValues>,
    limits: FoldLimits,
  ) {
    const sources = { db: database.db, correlationId: "c" };
    return foldPositions(sources, asked, null, closesOf, SPAN, limits);
  }

  /** The steps of each account of a log, told slowly. */
  function stepsOf(log: readonly PositionEvent[]): PositionStep[][] {
    const byAccount = Map.groupBy(log, ({ account }) => account ?? "");
    return Array.from(byAccount.values(), (states) => {
      const latest = new Map(states.map((state) => [state.ts, state]));
      const steps = [...latest.values()]
        .sort((a, b) => a.ts - b.ts)
        .filter(({ ts }) => ts <= SPAN.toUs)
        .map(({ ts, quantity, avg_price }) => ({ ts, quantity, avgPrice: avg_price ?? null }));
      const inForce = steps.findLastIndex(({ ts }) => ts <= SPAN.fromUs);
      return steps.slice(Math.max(0, inForce));
    });
  }

  test("are worth to the cent what all steps at once are, wherever the log is cut and however few a part has", async () => {
    let priced = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(logOf, { minLength: 1, maxLength: 2 }),
        // So many states may share a microsecond.
        fc.integer({ min: 6, max: 12 }),
        async (given, statesAtOnce) => {
          const asked = [];
          const closesOf = new Map();
          const wanted = [];
          for (const { states, inRoom, closes } of given) {
            const symbol = freshSymbol();
            const log = states.map((one) =>
              position(NOON_US + one.us, one.quantity, one.avgPrice, one.account),
            );
            const stored = Math.max(0, log.length - inRoom);
            const frames = log.slice(0, stored).map((one, index) => frame(index + 1, one));
            await storeFrames(database.db, [room(symbol, ...frames)], ids);
            asked.push({
              ...{ symbol, storedThrough: cursorAt(stored), tailCursor: cursorAt(log.length) },
              tail: log.slice(stored),
            });
            const sorted = closes.toSorted(([a], [b]) => a - b);
            const line = {
              ts: sorted.map(([bucket]) => (NOON_US + bucket * BUCKET_US) as EpochUs),
              values: sorted.map(([, price]) => price),
            };
            closesOf.set(symbol, line);
            wanted.push(pnlOfSteps(stepsOf(log), line, SPAN));
          }
          const limits = { ...FOLD_LIMITS, statesAtOnce };
          const folds = await fold(asked, closesOf, limits);
          const found = asked.map(({ symbol }, index) =>
            symbolPnl(folds?.[index] ?? [], closesOf.get(symbol), SPAN),
          );
          priced += found.filter(({ kind }) => kind === "priced").length;
          const rounded = (results: typeof found) =>
            results.map((one) =>
              one.kind === "priced"
                ? { ...one, capitalCents: expect.closeTo(one.capitalCents, 3) }
                : one,
            );
          expect(found).toEqual(rounded(wanted));
        },
      ),
      { numRuns: 60 },
    );
    expect(priced).toBeGreaterThan(20);
  });

  it("are refused where states or accounts are too many", async () => {
    const symbol = freshSymbol();
    const log = ["a", "b", "c"].flatMap((account) =>
      [1, 2, 3].map((us) => position(NOON_US + us, us, 1, account)),
    );
    await storeFrames(database.db, [room(symbol, frame(1, ...log))], ids);
    const asked = [{ symbol, storedThrough: cursorAt(1), tailCursor: cursorAt(1), tail: [] }];
    const closesOf = new Map([[symbol, { ts: [], values: [] }]]);
    const limited = (limits: FoldLimits) => fold(asked, closesOf, limits);
    expect(await limited({ states: 9, accounts: 3, statesAtOnce: 3 })).toMatchObject([
      [{}, {}, {}],
    ]);
    expect(await limited({ states: 8, accounts: 3, statesAtOnce: 3 })).toBeNull();
    expect(await limited({ states: 9, accounts: 2, statesAtOnce: 3 })).toBeNull();
    // Three states of one microsecond cannot be read in two parts.
    expect(await limited({ states: 9, accounts: 3, statesAtOnce: 2 })).toBeNull();
  });
});
