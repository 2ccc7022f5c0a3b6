import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ask, closeSockets, hostStubOf, newSymbol, pushPoints } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

let neon: FakeNeon;
/** The machine starts anew, beside this database. */
const startBeside = async (identity: string) => {
  await abortAllDurableObjects();
  neon = new FakeNeon();
  neon.identity = identity;
};
beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

const meet = (symbol: string, identity: string) => hostStubOf(symbol).meetDatabase(identity);

it("S-8 a room that is read finds out by itself that another database is there, and stores again", async () => {
  await startBeside("first");
  const symbol = newSymbol();
  await pushPoints(symbol, 1, 5);
  await neon.untilStored(symbol, 5);
  await startBeside("second");
  await ask(`/api/positions/${symbol}`, {}, "read");
  await neon.untilStored(symbol, 5);
  // And once only: a later word of the same database changes nothing.
  expect(await meet(symbol, "second")).toEqual({ rooms: 1, lostThrough: null });
  await pushPoints(symbol, 6, 1);
  expect((await neon.untilStored(symbol, 6)).length).toBe(6);
});

it("S-8 what the log had dropped is said to be lost", async () => {
  await startBeside("third");
  const symbol = newSymbol();
  const cursor = await pushPoints(symbol, 1, 3);
  await neon.untilStored(symbol, 3);
  await abortAllDurableObjects();
  // As pruning leaves it.
  await runInDurableObject(hostStubOf(symbol), (_, ctx) => {
    const { sql } = ctx.storage;
    sql.exec("DELETE FROM log_1 WHERE cursor <= ?", cursor);
    sql.exec("UPDATE meta SET value = ? WHERE key = 'pruned_through'", cursor);
    sql.exec("UPDATE rooms SET before = ?, reaches = 0 WHERE symbol = ?", cursor, symbol);
  });
  await abortAllDurableObjects();
  await pushPoints(symbol, 4, 2);
  await neon.untilStored(symbol, 5);
  await startBeside("fourth");
  expect(await meet(symbol, "fourth")).toEqual({ rooms: 2, lostThrough: cursor });
  expect((await neon.untilStored(symbol, 2)).map(({ cells }) => cells["value"])).toEqual([4, 5]);
});

it("S-8 a new room beside a new database has nothing to store again", async () => {
  const symbol = newSymbol();
  await runInDurableObject(hostStubOf(symbol), (_, ctx) => ctx.storage.deleteAll());
  await startBeside("fifth");
  await pushPoints(symbol, 1);
  await neon.untilStored(symbol, 1);
  expect(await meet(symbol, "fifth")).toEqual({ rooms: 0, lostThrough: null });
});

it("S-8 a database that is replaced under a Writer who knows the other's ids has nothing under those", async () => {
  await startBeside("sixth");
  const [symbol, other] = [newSymbol(), newSymbol()];
  await pushPoints(other, 1);
  await neon.untilStored(other, 1);
  await pushPoints(symbol, 1, 2);
  await neon.untilStored(symbol, 2);
  // At once, and nothing is started anew.
  neon = new FakeNeon();
  neon.identity = "seventh";
  await pushPoints(symbol, 3, 1);
  await neon.untilStored(symbol, 3);
  expect(neon.rowsOf(symbol).map(({ cells }) => cells["value"])).toEqual([1, 2, 3]);
});
