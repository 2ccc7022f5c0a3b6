import { describe, expect, it } from "vitest";
import {
  type AppendDeps,
  type AppendingRoom,
  appendBatches,
  refusalOf,
} from "../../../../durable/host/append/plan-append.ts";
import { FormerLogs } from "../../../../durable/host/log/former-logs.ts";
import { HostLog } from "../../../../durable/host/log/host-log.ts";
import { HeldBack } from "../../../../durable/host/outbox/held-back.ts";
import { Registry } from "../../../../durable/host/registry.ts";
import { RoomAppend } from "../../../../durable/room/append/append.ts";
import { SeriesLimit, writeSeries } from "../../../../durable/room/append/series-limit.ts";
import { TradeWindow } from "../../../../durable/room/append/trade-window.ts";
import { RoomLog } from "../../../../durable/room/log/room-log.ts";
import { BookSampler } from "../../../../durable/room/state/book-sampler.ts";
import { DoubtfulHours } from "../../../../durable/room/state/doubtful-hours.ts";
import { RoomState } from "../../../../durable/room/state/room-state.ts";
import type { HostBatch } from "../../../../src/bindings/host.ts";
import { decodeFrame, encodeFrames, tradeKey } from "../../../../src/core/events/encode-events.ts";
import type { TradeEvent } from "../../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { createTables } from "../../room/one-room.ts";
import { memorySql } from "../../room/sqlite-port.ts";
import { cursorOf } from "../known-cursor.ts";

const NOW_US = 1_700_000_000_000_000 as EpochUs;
const [A, B] = ["A", "B"] as SymbolName[] as [SymbolName, SymbolName];

/** A host as far as appends see it; opened again on the same disk it is the same. */
function host({ outboxLimit = 0, sql = memorySql(), seriesLimit = 0, newRooms = 9 } = {}) {
  createTables(sql);
  const log = new HostLog(sql, NOW_US, () => "a log");
  const registry = new Registry(sql, () => true);
  const held = new HeldBack(sql, log.storedThrough);
  const rooms = new Map<SymbolName, AppendingRoom>();
  const load = (symbol: SymbolName): AppendingRoom => {
    const view = new RoomLog(
      { log, registry, held, former: new FormerLogs(sql) },
      registry.find(symbol) ?? null,
    );
    const state = new RoomState(sql, view);
    const append = new RoomAppend({
      stateNow: () => state,
      booksNow: () => new BookSampler(view, state),
      doubtsNow: () => new DoubtfulHours(sql, view),
      series: new SeriesLimit(sql, seriesLimit, view),
      alertsNow: () => null,
    });
    return { symbol, append, log: view };
  };
  const deps: AppendDeps = {
    log,
    roomOf: (symbol) => {
      const room = rooms.get(symbol) ?? load(symbol);
      rooms.set(symbol, room);
      return room;
    },
    makeRecords: (symbols) => {
      const unknown = symbols.filter((symbol) => registry.find(symbol) === undefined);
      registry.addAll(unknown, log.head, null);
    },
    recordOf: (symbol) => registry.find(symbol) ?? expect.fail(`${symbol} has no room`),
    hasMoved: (symbol) => symbol === "MOVED",
    refuseNew: (_, symbols) =>
      symbols.filter((symbol) => registry.find(symbol) === undefined).length > newRooms ? 7 : null,
    hadElsewhere: () => "no",
    hadHere: () => true,
    placeOf: (symbol, _, known) => {
      const { id, head } = deps.roomOf(symbol).log;
      const place = id === null ? null : cursorOf(known, id);
      return place === null ? null : (Math.min(place, head) as Cursor);
    },
    keepSeries: (series) => writeSeries(sql, series),
    isFull: () => outboxLimit > 0 && log.outboxBytes >= outboxLimit,
  };
  const ids = (symbol: SymbolName) => {
    const record = registry.find(symbol);
    return record === undefined
      ? []
      : [...log.framesOf(record.id, 0 as Cursor, log.head)]
          .flatMap(({ text }) => decodeFrame(text))
          .map((event) => (event.kind === "trade" ? event.id : undefined));
  };
  const append = (...batches: HostBatch[]) => appendBatches(deps, batches, NOW_US).outcomes;
  const headOf = (symbol: SymbolName) => deps.roomOf(symbol).log.head;
  return { deps, log, ids, sql, append, headOf, registry };
}

function part(symbol: SymbolName, ids: (string | undefined)[]) {
  const events = ids.map(
    (id): TradeEvent => ({
      ...{ kind: "trade", ts: NOW_US, price: 1, size: 1 },
      ...(id !== undefined && { id }),
    }),
  );
  return { symbol, frames: encodeFrames(events), tradeKeys: events.map(tradeKey) };
}

function batch(
  parts: Partial<Record<string, (string | undefined)[]>>,
  key?: string,
  fingerprint = "body",
): HostBatch {
  return {
    rooms: Object.entries(parts).map(([symbol, ids]) => part(symbol as SymbolName, ids ?? [])),
    ...{ holder: "somebody", correlationId: "test" },
    ...(key !== undefined && { idempotency: { key, fingerprint } }),
  };
}

describe("I-1 a batch over several symbols", () => {
  it("is one commit, with those that arrive together with it, and each symbol has its own cursor", () => {
    const { append, ids, headOf, log } = host();
    const before = log.head;
    const outcomes = append(batch({ A: ["a"], B: ["b"] }), batch({ B: ["c"] }));
    expect(ids(A)).toEqual(["a"]);
    expect(ids(B)).toEqual(["b", "c"]);
    expect(headOf(A)).toBeGreaterThan(before);
    expect(headOf(B)).toBe(log.head);
    expect(outcomes).toEqual([
      { kind: "appended", cursors: [headOf(A), headOf(B)] },
      { kind: "appended", cursors: [headOf(B)] },
    ]);
  });

  it("is refused whole where one of them refuses it, and makes no room", () => {
    const { append, ids, registry } = host({ newRooms: 1 });
    expect(append(batch({ A: ["a"], MOVED: ["b"] }))).toEqual([{ kind: "moved", symbol: "MOVED" }]);
    expect(append(batch({ A: ["a"], B: ["b"] }))).toEqual([
      { kind: "too_many_new_symbols", retryAfterS: 7 },
    ]);
    expect(ids(A)).toEqual([]);
    expect(registry.size).toBe(0);
  });
});

describe("INV-6 I-7 trades", () => {
  it("are taken once in a batch, in a commit and ever after, those without id each time", () => {
    const { append, ids } = host();
    append(batch({ A: ["a", "b", "a", undefined] }), batch({ A: ["b", "c", undefined] }));
    append(batch({ A: ["c", "a", "d"], B: ["a"] }));
    expect(ids(A)).toEqual(["a", "b", undefined, "c", undefined, "d"]);
    expect(ids(B)).toEqual(["a"]);
  });

  it("are known again after a wake", () => {
    const first = host();
    first.append(batch({ A: ["a"] }));
    const woken = host({ sql: first.sql });
    expect(woken.append(batch({ A: ["a"] }))).toEqual([
      { kind: "appended", cursors: [first.headOf(A)] },
    ]);
    expect(woken.ids(A)).toEqual(["a"]);
  });

  it("are forgotten oldest first, beyond the newest 20,000", () => {
    const window = new TradeWindow();
    const events = (id: number) => decodeFrame(part(A, [`${id}`]).frames[0]?.text ?? "");
    for (let id = 0; id < 20_001; id += 1) window.learn(events(id));
    const repeated = (id: number) => {
      const { frames, tradeKeys } = part(A, [`${id}`]);
      return window.filter(frames, tradeKeys).repeated;
    };
    expect(repeated(20_000)).toBe(1);
    expect(repeated(1)).toBe(1);
    expect(repeated(0)).toBe(0);
  });
});

describe("INV-6 I-6 an Idempotency-Key", () => {
  it("covers the whole request: the same again has the same answer, another body is refused", () => {
    const { append, ids, headOf } = host();
    const [first] = append(batch({ A: ["a"], B: ["a"] }, "k"));
    const cursors = [headOf(A), headOf(B)];
    expect(first).toEqual({ kind: "appended", cursors });
    append(batch({ A: ["b"] }), batch({ B: ["b"] }));
    expect(append(batch({ A: ["a"], B: ["a"] }, "k"), batch({ A: ["x"] }, "k", "other"))).toEqual([
      { kind: "repeated", cursors },
      { kind: "key_reused" },
    ]);
    expect(ids(A)).toEqual(["a", "b"]);
  });

  it("holds within one commit, after a wake, and for a batch of which nothing was new", () => {
    const { append, ids, headOf, sql } = host();
    const commit = [
      batch({ A: ["a"] }, "k"),
      batch({ A: ["a"] }, "k"),
      batch({ A: ["b"] }, "k", "other"),
    ];
    const cursors = [headOf(A) + 0];
    expect(append(...commit).map(({ kind }) => kind)).toEqual([
      "appended",
      "repeated",
      "key_reused",
    ]);
    cursors[0] = headOf(A);
    expect(append(batch({ A: ["a"] }, "again"))).toEqual([{ kind: "appended", cursors }]);
    const woken = host({ sql });
    expect(
      woken.append(batch({ A: ["a"] }, "again"), batch({ A: ["z"] }, "again", "other")),
    ).toEqual([{ kind: "repeated", cursors }, { kind: "key_reused" }]);
    expect(ids(A)).toEqual(["a"]);
  });
});

describe("I-9 a full outbox", () => {
  it("refuses, but for what was admitted before; 0 is no limit", () => {
    const { append, ids } = host({ outboxLimit: 1 });
    expect(append(batch({ A: ["a"] }))[0]?.kind).toBe("appended");
    expect(append(batch({ B: ["b"] }, "k"))).toEqual([{ kind: "full" }]);
    expect(append({ ...batch({ A: ["c"] }), admitted: true })[0]?.kind).toBe("appended");
    expect(ids(A)).toEqual(["a", "c"]);
  });

  it("I-1 says beforehand what it would say to a batch", () => {
    const { deps, append } = host({ outboxLimit: 1 });
    const keyed = batch({ A: ["a"] }, "k");
    expect(refusalOf(deps, keyed, NOW_US)).toBeNull();
    append(keyed);
    expect(refusalOf(deps, batch({ A: ["b"] }), NOW_US)).toEqual({ kind: "full" });
    expect(refusalOf(deps, keyed, NOW_US)).toBeNull();
    expect(refusalOf(deps, batch({ A: ["a"] }, "k", "other"), NOW_US)).toEqual({
      kind: "key_reused",
    });
  });

  it("INV-6 leaves no trace of a refused key or trade", () => {
    const { append, log, ids } = host({ outboxLimit: 1 });
    append(batch({ A: ["a"] }));
    append(batch({ A: ["b"] }, "k"));
    const stored = log.outbox({ events: 9, bytes: 9 }, log.storedThrough, () => true);
    log.markStored(stored ?? expect.fail("no part"));
    expect(append(batch({ A: ["b"] }, "k"))[0]?.kind).toBe("appended");
    expect(ids(A)).toEqual(["a", "b"]);
  });
});

describe("L-22 series", () => {
  const points = (...series: number[]): HostBatch => {
    const [first, ...rest] = batch({ A: [undefined] }).rooms;
    return { ...batch({}), rooms: [{ ...(first ?? part(A, [])), series }, ...rest] };
  };

  it("beyond the limit are refused whole, those that are there go on, also after a sleep", () => {
    const { deps, append, ids, sql } = host({ seriesLimit: 3 });
    const kinds = (of: typeof append, ...batches: HostBatch[]) =>
      of(...batches).map(({ kind }) => kind);
    expect(kinds(append, points(1, 2))).toEqual(["appended"]);
    expect(refusalOf(deps, points(1, 3), NOW_US)).toBeNull();
    // Without what it names it would be taken.
    const beyond = [{ symbol: A, series: [3, 4] }];
    expect(refusalOf(deps, points(1, 3, 4), NOW_US)).toEqual({
      ...{ kind: "too_many_series", symbol: A, beyond },
    });
    expect(kinds(append, points(1, 3, 4))).toEqual(["too_many_series"]);
    const taken = ids(A).length;
    // Of batches that share a commit each is looked at with those before it.
    expect(kinds(append, points(3), points(2, 4), points(3, 1))).toEqual([
      ...["appended", "too_many_series", "appended"],
    ]);
    expect(ids(A)).toHaveLength(taken + 2);
    const awake = host({ sql, seriesLimit: 3 }).append;
    expect(kinds(awake, points(1, 2, 3), points(4))).toEqual(["appended", "too_many_series"]);
    expect(kinds(awake, { ...points(4), admitted: true })).toEqual(["appended"]);
    expect(kinds(host({ sql, seriesLimit: 4 }).append, points(5), points(4))).toEqual([
      ...["too_many_series", "appended"],
    ]);
  });

  it("of all rooms of a commit are written down by one statement", () => {
    const sql = memorySql();
    const asked: string[] = [];
    const counting = {
      exec: (query: string, ...bindings: (string | number | null)[]) => {
        asked.push(query);
        return sql.exec(query, ...bindings);
      },
    };
    const { append } = host({ sql: counting, seriesLimit: 2 });
    const many = { ...batch({}), rooms: [points(1, 2), points(3)].flatMap(({ rooms }) => rooms) };
    const rooms = many.rooms.map((one, at) => ({ ...one, symbol: [A, B][at] ?? A }));
    expect(append({ ...many, rooms })[0]?.kind).toBe("appended");
    expect(asked.filter((query) => /INSERT.* INTO series/.test(query))).toHaveLength(1);
    expect([...sql.exec("SELECT hash FROM series ORDER BY room, hash")]).toEqual(
      [1, 2, 3].map((hash) => expect.objectContaining({ hash })),
    );
  });

  it("have no limit where the setting is 0", () => {
    const { append } = host();
    expect(append(points(1, 2, 3))[0]?.kind).toBe("appended");
  });
});
