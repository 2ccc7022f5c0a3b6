import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readFrames } from "../../../src/db/events/read-frames.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { type StoredFrame, storeFrames } from "../../../src/db/store/store-frames.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { anyFrames, survivorsOf } from "../any-frames.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { cursorAt, freshSymbol } from "../events.ts";

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
        expect(await stored(symbol, 50)).toEqual(survivorsOf(frames));
      }),
      { numRuns: 60 },
    );
  });
});
