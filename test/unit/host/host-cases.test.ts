import { describe, expect, test } from "vitest";
import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/words/time.ts";
import { PLACEMENTS } from "./model/actions.ts";
import { ModelHosts, SYMBOLS } from "./model/hosts.ts";
import { poll } from "./model/reads.ts";
import { append, appendAndCrash, retry, retryAndCrash } from "./model/requests.ts";
import { checkAtRest } from "./model/rest.ts";
import { connect, reconnect } from "./model/viewing.ts";

const [BUSY, RARE, MOVED] = SYMBOLS;
const [ONE, TWO, DEDICATED] = PLACEMENTS;
const FROM_NOW = { cursor: null, log: null };

/** A request of some events for each symbol. */
function batch(size: number, ...symbols: (typeof SYMBOLS)[number][]) {
  const parts = symbols.map((symbol) => ({ symbol, size }));
  return { parts, tradeEvery: 2, repeatEvery: 0, lateByMs: 0, keyed: false };
}

function keyed(size: number, ...symbols: (typeof SYMBOLS)[number][]) {
  return { ...batch(size, ...symbols), keyed: true };
}

/** What the model of hosts found, as short as it could be made. */
describe("a host", () => {
  test("S-7: a poll that waits for a symbol of before passes nothing over", async () => {
    const hosts = new ModelHosts(ONE);
    await poll(hosts, MOVED, { fromOrigin: true, limit: 10, waitMs: 700 });
    expect(hosts.room(MOVED).polled?.cursor).toBe(hosts.room(MOVED).tape.entries[9]?.cursor);
    await checkAtRest(hosts);
  });

  test("S-7: a room that has moved and one that has no place yet do not wait for each other", async () => {
    const hosts = new ModelHosts(ONE);
    await hosts.setPostgres("away");
    await append(hosts, [batch(1, BUSY, MOVED)]);
    await connect(hosts, MOVED, FROM_NOW, true);
    await checkAtRest(hosts);
  });

  test("S-7: a poll is told nothing of what has no place yet", async () => {
    const hosts = new ModelHosts(ONE);
    await hosts.setPostgres("away");
    await append(hosts, [batch(2, MOVED)]);
    await poll(hosts, MOVED, { fromOrigin: true, limit: 10, waitMs: 0 });
    expect(hosts.room(MOVED).polled?.cursor).toBe(CURSOR_ORIGIN);
    await checkAtRest(hosts);
  });

  test("S-10: a viewer and a poll are told what is kept no more, and get the rest", async () => {
    const hosts = new ModelHosts(ONE);
    await hosts.expire(MOVED, 0.8, 2);
    await connect(hosts, MOVED, { cursor: CURSOR_ORIGIN, log: null }, true);
    await poll(hosts, MOVED, { fromOrigin: true, limit: 1_000, waitMs: 0 });
    expect(hosts.room(MOVED).polled).toMatchObject({ gaps: [{ reason: "expired" }] });
    await checkAtRest(hosts);
  });

  test("S-7: nor is a viewer that waits for a symbol which another host may have", async () => {
    const hosts = new ModelHosts(TWO as typeof ONE);
    await connect(hosts, BUSY, FROM_NOW, true);
    await hosts.place(ONE);
    await reconnect(hosts, 0);
    await append(hosts, [batch(2, BUSY, RARE)]);
    await checkAtRest(hosts);
  });

  test("I-6: a request that is sent again is stored as soon as its first is, wherever its symbols are now", async () => {
    const hosts = new ModelHosts(ONE);
    await append(hosts, [keyed(4, BUSY, MOVED)]);
    await hosts.setPostgres("away");
    await hosts.pass(1_000);
    await append(hosts, [keyed(4, BUSY, RARE)]);
    await hosts.place(TWO as typeof ONE);
    const { batch } = hosts.keyed.at(-1) ?? expect.fail();
    const storedIn = async (timeoutMs: number) => {
      const sinceMs = hosts.time.nowMs();
      for (const { symbol } of batch.rooms) {
        const rooms = batch.rooms.filter((part) => part.symbol === symbol);
        const { core } = hosts.hostOf(symbol);
        const outcome = await hosts.until(core.append({ ...batch, rooms }));
        const [cursor] = "cursors" in outcome ? outcome.cursors : expect.fail();
        const waiting = core.untilStored(cursor as Cursor, timeoutMs, [symbol]);
        if (!(await hosts.until(waiting))) return null;
      }
      return hosts.time.nowMs() - sinceMs;
    };
    expect(await storedIn(3_000)).toBeNull();
    await hosts.setPostgres("up");
    expect(await storedIn(30_000)).toBeLessThan(10_000);
    await checkAtRest(hosts);
  });

  test("D-5: a book is sampled where its symbol comes back from settings by which nobody asked for it", async () => {
    const hosts = new ModelHosts(ONE);
    await append(hosts, [batch(40, MOVED)]);
    await hosts.place(DEDICATED as typeof ONE);
    await connect(hosts, BUSY, FROM_NOW, true);
    await hosts.place(ONE);
    await checkAtRest(hosts);
  });

  test("AL-10: what fires goes on where its symbol has moved, though nobody pushes or asks for it", async () => {
    const hosts = new ModelHosts(ONE);
    await append(hosts, [batch(40, BUSY)]);
    await hosts.pass(40_000);
    const active = () => hosts.until(hosts.hostOf(BUSY).asked((core) => core.activeAlerts(BUSY)));
    const { alerts: before } = await active();
    expect(before.map(({ rule, state }) => [rule, state])).toContainEqual(["still", "firing"]);
    await hosts.place({ ROOM_HOSTS: 0, ROOM_DEDICATED: [] });
    expect(await active()).toEqual({ alerts: [], complete: false });
    await hosts.pass(10_000);
    expect(await active()).toEqual({ alerts: expect.arrayContaining(before), complete: true });
    await checkAtRest(hosts);
  });

  test("I-6: a request that is sent again is where it was, on whatever host its symbols are now", async () => {
    const hosts = new ModelHosts(ONE);
    await append(hosts, [keyed(2, MOVED), batch(1, BUSY)]);
    await append(hosts, [keyed(2, BUSY, RARE)]);
    for (const placement of [DEDICATED, TWO, ONE]) {
      await hosts.place(placement as typeof ONE);
      await retry(hosts, 1);
      await append(hosts, [batch(3, BUSY, MOVED, RARE)]);
      await retry(hosts);
    }
    await checkAtRest(hosts);
  });

  test.each([0, 5_000])(
    "S-7 I-6: a request whose frames move behind an earlier life is named where they are, %i ms after a crash",
    async (ms) => {
      const hosts = new ModelHosts(ONE);
      await hosts.setPostgres("away");
      await append(hosts, [keyed(2, MOVED)]);
      await hosts.setPostgres("up");
      await hosts.crash();
      await hosts.pass(ms);
      await retry(hosts);
      await hosts.pass(5_000);
      await retry(hosts);
      await checkAtRest(hosts);
    },
  );

  test("INV-1: two hosts that each have a symbol of the other's in one row do not wait for each other", async () => {
    const hosts = new ModelHosts(TWO as typeof ONE);
    await hosts.setPostgres("away");
    await hosts.place(DEDICATED as typeof ONE);
    await append(hosts, [batch(2, BUSY)]);
    await hosts.place(TWO as typeof ONE);
    await append(hosts, [batch(1, RARE, BUSY)]);
    await hosts.place(ONE);
    await append(hosts, [batch(1, RARE), batch(1, BUSY)]);
    await checkAtRest(hosts);
  });

  test("C-1 INV-1: what Postgres refuses of a symbol that moves is not stored yet, where the log has dropped it", async () => {
    const hosts = new ModelHosts(ONE);
    const both = (busy: number, moved: number) => {
      const parts = [batch(busy, BUSY), batch(moved, MOVED)].flatMap((one) => one.parts);
      return { ...batch(1, BUSY), parts };
    };
    const trades = <Batch extends object>(plan: Batch) => ({ ...plan, tradeEvery: 1 });
    await hosts.refuse(BUSY);
    await appendAndCrash(hosts, [trades(both(70, 1))], 0);
    await hosts.place(TWO as typeof ONE);
    await append(hosts, [batch(3, BUSY), batch(3, MOVED)]);
    await hosts.place(ONE);
    await append(hosts, [trades(batch(35, MOVED)), { ...batch(94, BUSY), tradeEvery: 5 }]);
    await append(hosts, [trades(batch(5, BUSY)), both(7, 157)]);
    await hosts.pass(70_000);
    await checkAtRest(hosts);
  });

  test("I-6: a request whose row was dropped is not said to be before it, where its symbol is now", async () => {
    const hosts = new ModelHosts(ONE);
    await append(hosts, [keyed(2, BUSY)]);
    for (let at = 0; at < 8; at += 1) await append(hosts, [batch(100, BUSY)]);
    await hosts.pass(5_000);
    await hosts.turnBack(60_000);
    await hosts.place(TWO as typeof ONE);
    await retry(hosts);
    await checkAtRest(hosts);
  });

  test("INV-2 S-7: a room without a frame waits for whoever had its symbol since it was made", async () => {
    const hosts = new ModelHosts(TWO as typeof ONE);
    await append(hosts, [batch(1, BUSY, MOVED)]);
    await hosts.setPostgres("away");
    await hosts.sleep();
    await hosts.pass(70_000);
    await hosts.setPostgres("slow");
    await append(hosts, [batch(1, RARE)]);
    await hosts.place(ONE);
    await hosts.pass(4_000);
    await hosts.place(TWO as typeof ONE);
    await append(hosts, [batch(1, BUSY, RARE)]);
    await hosts.place(ONE);
    await connect(hosts, RARE, FROM_NOW, true);
    await append(hosts, [batch(1, RARE)]);
    await checkAtRest(hosts);
  });

  test("I-6: a request whose parts came to a host one by one is known by each of them", async () => {
    const hosts = new ModelHosts(ONE);
    await append(hosts, [batch(1, MOVED)]);
    await hosts.place(TWO as typeof ONE);
    const trades = { ...batch(1, BUSY, MOVED), tradeEvery: 1 };
    await appendAndCrash(hosts, [trades, { ...keyed(1, BUSY, MOVED), tradeEvery: 5 }], 0);
    await retry(hosts);
    await hosts.place(ONE);
    await retry(hosts, 1);
    await hosts.place(ONE);
    await retryAndCrash(hosts, 0, 0);
    await checkAtRest(hosts);
  });

  test("D-5: a sample that moves behind an earlier life is as old as its cursor says", async () => {
    const hosts = new ModelHosts(ONE);
    const trades = (size: number) => ({ ...batch(size, MOVED), tradeEvery: 1 });
    await hosts.setPostgres("away");
    await append(hosts, [trades(4)]);
    await hosts.pass(70_000);
    await hosts.crash();
    await append(hosts, [trades(8)]);
    await append(hosts, [batch(20, MOVED)]);
    await checkAtRest(hosts);
  });

  test("C-1 Q-1: a poll that begins where nobody knows the symbol yet begins now, and not where another symbol's clock was", async () => {
    const hosts = new ModelHosts(DEDICATED as typeof ONE);
    await hosts.place(TWO as typeof ONE);
    await append(hosts, [batch(32, BUSY), batch(1, MOVED)]);
    await hosts.setPostgres("away");
    await hosts.place(ONE);
    await poll(hosts, BUSY, { fromOrigin: false, limit: 1_000, waitMs: 0 });
    expect(hosts.room(BUSY).polled?.cursor).toBeLessThan(hosts.nowUs);
    await checkAtRest(hosts);
  });
});
