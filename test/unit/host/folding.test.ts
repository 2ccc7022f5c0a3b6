import { expect, it } from "vitest";
import { trimWindows } from "../../../durable/host/append/trim-windows.ts";
import { FOLD_BYTES, Folding } from "../../../durable/host/folding.ts";
import { TradeWindow } from "../../../durable/room/append/trade-window.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";

/** A host that appends, and says through where its rooms were brought. */
function host() {
  const log = { head: 0 as Cursor, appendedBytes: 0 };
  const passes: Cursor[] = [];
  const work: Promise<void>[] = [];
  const failures: unknown[] = [];
  let trims = 0;
  let failsWith: Error | null = null;
  const folding = new Folding({
    log,
    records: () => [],
    catchUp: {
      runThrough: async (_records, through) => {
        passes.push(through);
        if (failsWith !== null) throw failsWith;
      },
    },
    trimTrades: () => {
      trims += 1;
    },
    keepAwake: (one) => work.push(one),
    failed: (error) => failures.push(error),
  });
  return {
    ...{ passes, failures, trims: () => trims },
    fail: (error: Error | null) => {
      failsWith = error;
    },
    append: (bytes: number) => {
      log.head = (log.head + 1) as Cursor;
      log.appendedBytes += bytes;
      folding.kick();
    },
    rest: () => Promise.all(work.splice(0)),
  };
}

it("rooms are brought on each time that so much was appended, one pass at a time", async () => {
  const { append, passes, trims, rest } = host();
  append(FOLD_BYTES - 1);
  expect(passes).toEqual([]);
  append(1);
  append(3 * FOLD_BYTES);
  await rest();
  expect(passes).toEqual([2]);
  append(1);
  await rest();
  expect(passes).toEqual([2, 4]);
  append(FOLD_BYTES - 1);
  await rest();
  expect(passes).toEqual([2, 4]);
  expect(trims()).toBe(2);
});

it("a pass that fails is told, and the next one comes all the same", async () => {
  const { append, fail, passes, failures, rest } = host();
  const full = new Error("the disk is full");
  fail(full);
  append(FOLD_BYTES);
  await rest();
  expect(failures).toEqual([full]);
  fail(null);
  append(FOLD_BYTES);
  await rest();
  expect(passes).toHaveLength(2);
});

it("I-7 a room remembers the newest 20,000 trades, and one that it has forgotten is new again", () => {
  const window = new TradeWindow();
  const keys = Array.from({ length: 20_003 }, (_, at) => `${at}`);
  window.learnKeys(keys);
  expect(window.size).toBe(20_000);
  const repeated = (...asked: string[]) => window.filter([], asked).repeated;
  expect(repeated("3", "20002")).toBe(2);
  // What comes again stands behind all others.
  expect(repeated("0", "1")).toBe(0);
  expect(repeated("0", "1", "5")).toBe(3);
  expect(repeated("3", "4")).toBe(0);
});

it("I-7 rooms remember so many trades together, and the busiest give way to the same size", () => {
  const windowOf = (size: number) => {
    const window = new TradeWindow();
    window.learnKeys(Array.from({ length: size }, (_, at) => `${at}`));
    return window;
  };
  const windows = [10, 300, 0, 500, 40].map(windowOf);
  trimWindows(windows, 850);
  expect(windows.map(({ size }) => size)).toEqual([10, 300, 0, 500, 40]);
  trimWindows(windows, 400);
  // Nine tenths of 400 are 360, of which 50 are the small ones'.
  expect(windows.map(({ size }) => size)).toEqual([10, 155, 0, 155, 40]);
  // The oldest went.
  const [, window] = windows;
  expect(window?.filter([], ["145"]).repeated).toBe(1);
  expect(window?.filter([], ["144"]).repeated).toBe(0);
});
