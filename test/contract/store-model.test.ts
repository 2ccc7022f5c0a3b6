import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalLabels } from "../../src/core/labels.ts";
import { readFrames } from "../../src/db/read-frames.ts";
import { SeriesIdCache } from "../../src/db/series-ids.ts";
import { type StoredFrame, storeFrames } from "../../src/db/store-frames.ts";
import type { TapeEvent } from "../../src/protocol/event.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import { type TestDatabase, testDatabaseKinds } from "./databases.ts";
import { cursorAt, frame, freshSymbol, metric, NOON_US, position, trade } from "./events.ts";

// Few moments, names and ids, so that they meet often.
const moment = fc.integer({ min: NOON_US, max: NOON_US + 3 });
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const label = fc.constantFrom("", "x", "NULL", '"', "\\", "{,}", "😀");
const anyMetric = fc
  .tuple(
    fc.constantFrom("m", "n'"),
    moment,
    number,
    fc.option(
      fc.dictionary(fc.constantFrom("a", "b"), label, { maxKeys: 2, noNullPrototype: true }),
    ),
  )
  .map(([name, ts, value, labels]) =>
    metric(
      name,
      ts,
      value,
      labels === null || Object.keys(labels).length === 0 ? undefined : labels,
    ),
  );
const anyTrade = fc
  .tuple(
    moment,
    number,
    number,
    fc.constantFrom(undefined, "1", "2"),
    fc.constantFrom(undefined, "v"),
  )
  .map(([ts, price, size, id, venue]) =>
    trade(ts, price, size, {
      ...(id === undefined ? {} : { id }),
      ...(venue === undefined ? {} : { venue }),
    }),
  );
const anyPosition = fc
  .tuple(
    moment,
    number,
    fc.option(number, { nil: undefined }),
    fc.constantFrom(undefined, "a", "'"),
  )
  .map(([ts, quantity, avgPrice, account]) => position(ts, quantity, avgPrice, account));
const anyFrames = fc
  .array(fc.array(fc.oneof(anyMetric, anyTrade, anyPosition), { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((all) => all.map((events, i) => frame((i + 1) * 10, ...events)));

/** What must be in the database, by the words of the invariants and nothing cleverer. */
function model(frames: readonly StoredFrame[]): StoredFrame[] {
  const kept = new Map<string, { cursor: number; ordinal: number; event: TapeEvent }>();
  for (const { cursor, events } of frames) {
    events.forEach((event, ordinal) => {
      const place = { cursor, ordinal, event };
      if (event.kind === "position") {
        // INV-9: the later wins.
        kept.set(`p ${event.ts} ${event.account ?? ""}`, place);
      } else if (event.kind === "metric") {
        // And so with points.
        kept.set(`m ${event.ts} ${event.metric} ${canonicalLabels(event.labels)}`, place);
      } else if (event.id !== undefined) {
        // The same trade is kept once: the first.
        const key = `t ${event.ts} ${event.venue} ${event.id}`;
        if (!kept.has(key)) kept.set(key, place);
      } else {
        kept.set(`t ${cursor} ${ordinal}`, place);
      }
    });
  }
  const byFrame = new Map<number, { ordinal: number; event: TapeEvent }[]>();
  for (const { cursor, ordinal, event } of kept.values()) {
    byFrame.set(cursor, [...(byFrame.get(cursor) ?? []), { ordinal, event }]);
  }
  return [...byFrame]
    .sort(([a], [b]) => a - b)
    .map(([cursor, events]) =>
      frame(cursor, ...events.sort((a, b) => a.ordinal - b.ordinal).map(({ event }) => event)),
    );
}

describe.each(testDatabaseKinds())("the store against a model on $name", ({ openMigrated }) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  async function stored(symbol: SymbolName, maxEvents: number): Promise<StoredFrame[]> {
    const frames: StoredFrame[] = [];
    for (let after = cursorAt(0); ; ) {
      const query = { symbol, after, upTo: cursorAt(1_000_000), maxEvents };
      const answer = await readFrames(database.db, query);
      frames.push(...answer.frames);
      if (answer.complete) return frames;
      after = frames.at(-1)?.cursor ?? after;
    }
  }

  it("INV-1 INV-6 INV-9 any frames, in any splits, order and repetition, leave the same rows", async () => {
    const deliveries = anyFrames.chain((frames) =>
      fc.record({
        frames: fc.constant(frames),
        // A new Writer inserts plainly until it meets a stored row; an old one may be careful.
        isNewWriter: fc.boolean(),
        // Indexes into the frames: some several times, some never.
        random: fc.array(fc.array(fc.nat(frames.length - 1), { maxLength: 5 }), { maxLength: 6 }),
      }),
    );
    const shared = new SeriesIdCache();
    await fc.assert(
      fc.asyncProperty(deliveries, async ({ frames, random, isNewWriter }) => {
        const ids = isNewWriter ? new SeriesIdCache() : shared;
        const symbol = freshSymbol();
        // In the end every frame has been delivered, whatever came before.
        const batches = [...random, frames.map((_, i) => i)];
        for (const batch of batches) {
          const part = batch.map((i) => frames[i] as StoredFrame);
          await storeFrames(database.db, [{ symbol, frames: part }], ids);
        }
        expect(await stored(symbol, 50)).toEqual(model(frames));
      }),
      { numRuns: 60 },
    );
  });
});
