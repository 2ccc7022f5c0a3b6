import { describe, expect, it } from "vitest";
import { CatchUp } from "../../../durable/host/catch-up.ts";
import { HostLog, type RoomId } from "../../../durable/host/log/host-log.ts";
import { Pruning } from "../../../durable/host/pruning.ts";
import { Registry } from "../../../durable/host/registry.ts";
import { RoomLog } from "../../../durable/room/log/room-log.ts";
import type { SqlPort } from "../../../durable/room/sql-port.ts";
import { createStateTables, RoomState } from "../../../durable/room/state/room-state.ts";
import { encodeFrames, tradeKey } from "../../../src/core/events/encode-events.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { memorySql } from "../room/sqlite-port.ts";

const NOW_US = 1_700_000_000_000_000 as EpochUs;
/** Memory holds nothing, so that whatever is read is read from the disk. */
const KEEPING = { events: 4_000, bytes: 1e9, recentBytes: 0 };

const point = (value: number): TapeEvent => ({
  ...{ kind: "metric", metric: "m", ts: (NOW_US + value) as EpochUs, value },
});
const trade = (id: string): TapeEvent => ({
  ...{ kind: "trade", ts: NOW_US, price: 1, size: 1, id },
});

/** A host of so many rooms, whose log is stored as it is appended, and how many rows of it were read. */
function host(rooms: number) {
  const disk = memorySql();
  const read = { rows: 0, texts: 0 };
  const sql: SqlPort = {
    *exec(query, ...bindings) {
      for (const row of disk.exec(query, ...bindings)) {
        if (/^SELECT .* FROM log_/.test(query)) read.rows += 1;
        if (/^SELECT .*frames.* FROM log_/.test(query)) read.texts += 1;
        yield row;
      }
    },
  };
  const written: SqlPort = {
    exec: (query, ...bindings) => [...sql.exec(query, ...bindings)],
  };
  createStateTables(written);
  const log = new HostLog(written, NOW_US, () => "log-1", KEEPING);
  const registry = new Registry(written, () => true);
  const ids = Array.from(
    { length: rooms },
    (_, at) => registry.add(`S${at}` as SymbolName, log.head, null).id,
  );
  const held = { of: () => null, *framesAfter() {}, forget: () => undefined };
  const shared = { log, registry, held, former: { has: () => false } };
  const open = (id: RoomId) => {
    const roomLog = new RoomLog(shared, registry.byId(id));
    return { roomLog, state: new RoomState(written, roomLog) };
  };
  const known = new Map(ids.map((id) => [id, open(id)]));
  const of = (id: RoomId) => known.get(id) as ReturnType<typeof open>;
  const commit = (events: (room: number) => TapeEvent[]) => {
    const parts = ids.map((room, at) => ({ room, frames: encodeFrames(events(at)) }));
    const cursors = log.append(parts, [], NOW_US);
    for (const [at, id] of ids.entries()) of(id).roomLog.appended(cursors[at] as Cursor);
  };
  const pause = async () => {};
  const catchUp = new CatchUp({
    log,
    roomOf: ({ id }) => {
      const { state } = of(id);
      return {
        foldedThrough: state.foldedThrough,
        foldIn: (frames) => state.foldIn(frames),
        beforeUnload: () => state.saveIfWorth(),
      };
    },
    pause,
  });
  const work: Promise<void>[] = [];
  /** What whoever keeps the log says when it is asked; then yes. */
  const may: boolean[] = [];
  const pruning = new Pruning({
    ...{ log, catchUp, pause },
    following: { read: async () => undefined },
    recordOf: (id) => registry.byId(id),
    mayDrop: () => may.shift() ?? true,
    hasTraded: (id) => of(id).state.hasTraded,
    keepBeforeDrop: (id, through, trades) => {
      of(id).state.keepBeforeDrop(through, trades);
      of(id).roomLog.noteDropped(through);
    },
    keptAfterAll: (...kept) => registry.noteKept(...kept),
    keepAwake: (one) => work.push(one),
  });
  const store = () => {
    for (let after = log.storedThrough; ; ) {
      const part = log.partAfter({ events: 1_000, bytes: 1e6 }, after);
      if (part === null) return;
      log.markStored(part);
      after = part.through;
    }
  };
  return {
    ...{ log, ids, of, open, commit, read, may },
    prune: async () => {
      store();
      read.rows = 0;
      read.texts = 0;
      pruning.kick();
      await Promise.all(work);
    },
  };
}

describe("before the oldest of the log is dropped", () => {
  it("what a hundred rooms have in its rows is read once for all of them", async () => {
    const { log, ids, commit, open, read, prune } = host(100);
    // Five generations of ten rows each.
    for (let at = 0; at < 50; at += 1) commit(() => [point(at)]);
    const before = log.prunedThrough;
    await prune();
    expect(log.prunedThrough).toBeGreaterThan(before);
    // A turn reads 20 rows, of which ten are dropped. If each room looked for itself each would be read a hundred times.
    expect(read.texts).toBeLessThanOrEqual(20);
    expect(read.rows).toBeLessThanOrEqual(100);
    const woken = open(ids[42] as RoomId).state;
    expect(woken.foldToHead().metrics).toEqual([point(49)]);
  });

  it("of rooms that trade the newest ids are kept, and each row is read once for all", async () => {
    const { log, ids, commit, open, read, prune } = host(50);
    for (let at = 0; at < 100; at += 1) commit((room) => [trade(`${at}-${room}`)]);
    await prune();
    const dropped = 100 - log.events / 50;
    expect(dropped).toBe(20);
    // For the last values in a turn of 40 rows, and for the ids.
    expect(read.texts).toBeLessThanOrEqual(40 + dropped);
    const window = open(ids[7] as RoomId).state.tradeWindow();
    const trades = [trade("0-7"), trade("99-7"), trade("100-7")];
    const { repeated } = window.filter(encodeFrames(trades), trades.map(tradeKey));
    expect(repeated).toBe(2);
  });

  it("rooms that never traded are not looked through for trades", async () => {
    const { commit, read, prune } = host(100);
    for (let at = 0; at < 50; at += 1) commit(() => [point(at)]);
    await prune();
    const { texts } = read;
    for (let at = 50; at < 60; at += 1) commit((room) => [room === 3 ? trade(`${at}`) : point(at)]);
    await prune();
    // Of the one that has traded the ten rows that are dropped are read, in which it has points.
    expect(read.texts).toBeLessThanOrEqual(texts + 10);
  });

  it("a life that ended before the drop does not keep an id twice", async () => {
    const { log, ids, of, commit, open, prune } = host(2);
    const [room] = ids as [RoomId];
    for (let at = 0; at < 2_500; at += 1) commit((one) => [trade(`${at}-${one}`)]);
    const { state } = of(room);
    await prune();
    const kept = open(room).state.tradeWindow().size;
    expect(kept).toBe(2_500);
    expect(log.events).toBeLessThan(5_000);
    expect(state.hasTraded).toBe(true);
  });

  it("a room reaches back as far as before where the log is kept after all, as where the database became another", async () => {
    const { ids, commit, open, may, prune, log } = host(2);
    for (let at = 0; at < 2_500; at += 1) commit(() => [point(at)]);
    may.push(true, false, false);
    await prune();
    expect(log.prunedThrough).toBeLessThan(NOW_US);
    for (const id of ids) expect(open(id).roomLog.prunedThrough).toBe(0);
    await prune();
    expect(log.prunedThrough).toBeGreaterThan(NOW_US);
    for (const id of ids) expect(open(id).roomLog.prunedThrough).toBe(log.prunedThrough);
  });
});
