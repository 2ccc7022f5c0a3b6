import { describe, expect, it } from "vitest";
import { KeyLedger } from "../../../durable/keys/key-ledger.ts";
import {
  type AppendDeps,
  admissionOf,
  appendBatches,
} from "../../../durable/room/append/append.ts";
import { SeriesLimit } from "../../../durable/room/append/series-limit.ts";
import { TradeWindow } from "../../../durable/room/append/trade-window.ts";
import { RoomLog } from "../../../durable/room/log/log.ts";
import { BookSampler } from "../../../durable/room/state/book-sampler.ts";
import { RoomState } from "../../../durable/room/state/room-state.ts";
import type { AppendBatch } from "../../../src/bindings/room.ts";
import { decodeFrame, encodeFrames, tradeKey } from "../../../src/core/encode-events.ts";
import type { TradeEvent } from "../../../src/protocol/event.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/time.ts";
import { memorySql } from "./sqlite-port.ts";

const NOW_US = 1_700_000_000_000_000 as EpochUs;
const DAY_US = 86_400_000_000;

function room(outboxLimitBytes = 0, sql = memorySql(), seriesLimit = 0) {
  const log = new RoomLog(sql, NOW_US);
  const memory = new RoomState(sql, log);
  const deps: AppendDeps = {
    log,
    keys: new KeyLedger(sql),
    tradeWindow: memory.tradeWindow,
    books: new BookSampler(log, memory),
    series: new SeriesLimit({ sql, limit: seriesLimit, known: () => [] }),
    outboxLimitBytes,
  };
  const ids = () =>
    [...log.framesAfter(0 as Cursor, log.head)]
      .flatMap(({ text }) => decodeFrame(text))
      .map((event) => (event.kind === "trade" ? event.id : undefined));
  return { deps, log, ids, sql };
}

function trades(...ids: (string | undefined)[]): TradeEvent[] {
  return ids.map((id) => ({
    kind: "trade",
    ts: NOW_US,
    price: 1,
    size: 1,
    ...(id !== undefined && { id }),
  }));
}

function batch(ids: (string | undefined)[], key?: string, fingerprint = "body"): AppendBatch {
  const events = trades(...ids);
  return {
    frames: encodeFrames(events),
    tradeKeys: events.map(tradeKey),
    ...(key !== undefined && { idempotency: { key, fingerprint } }),
    correlationId: "test",
  };
}

describe("INV-6 I-7 trades", () => {
  it("are taken once in a batch, in a call and ever after, those without id each time", () => {
    const { deps, ids } = room();
    appendBatches(deps, [batch(["a", "b", "a", undefined]), batch(["b", "c", undefined])], NOW_US);
    appendBatches(deps, [batch(["c", "a", "d"])], NOW_US);
    expect(ids()).toEqual(["a", "b", undefined, "c", undefined, "d"]);
  });

  it("are known again after a wake", () => {
    const first = room();
    appendBatches(first.deps, [batch(["a"])], NOW_US);
    const woken = room(0, first.sql);
    const [outcome] = appendBatches(woken.deps, [batch(["a"])], NOW_US);
    expect(outcome).toEqual({ kind: "appended", cursor: first.log.head });
    expect(woken.ids()).toEqual(["a"]);
  });

  it("are forgotten oldest first, beyond the newest 20,000", () => {
    const window = new TradeWindow();
    const event = (id: number) => trades(`${id}`);
    for (let id = 0; id < 20_001; id += 1) window.learn(event(id));
    const repeated = (id: number) => {
      const events = event(id);
      return window.filter(encodeFrames(events), events.map(tradeKey)).repeated;
    };
    expect(repeated(20_000)).toBe(1);
    expect(repeated(1)).toBe(1);
    expect(repeated(0)).toBe(0);
  });
});

describe("INV-6 I-6 an Idempotency-Key", () => {
  it("gives the same answer for the same body, and refuses another", () => {
    const { deps, log, ids } = room();
    const [first] = appendBatches(deps, [batch(["a"], "k")], NOW_US);
    const cursor = log.head;
    expect(first).toEqual({ kind: "appended", cursor });
    appendBatches(deps, [batch(["b"])], NOW_US);
    expect(appendBatches(deps, [batch(["a"], "k"), batch(["x"], "k", "other")], NOW_US)).toEqual([
      { kind: "repeated", cursor },
      { kind: "key_reused" },
    ]);
    expect(ids()).toEqual(["a", "b"]);
  });

  it("holds within one call as well", () => {
    const { deps, log, ids } = room();
    const call = [batch(["a"], "k"), batch(["a"], "k"), batch(["b"], "k", "other")];
    expect(appendBatches(deps, call, NOW_US)).toEqual([
      { kind: "appended", cursor: log.head },
      { kind: "repeated", cursor: log.head },
      { kind: "key_reused" },
    ]);
    expect(ids()).toEqual(["a"]);
  });

  it("is remembered a day, and swept in few looks after that", () => {
    const sql = memorySql();
    let looks = 0;
    const counting: typeof sql = {
      exec(query, ...bindings) {
        if (query.startsWith("DELETE FROM idempotency")) looks += 1;
        return sql.exec(query, ...bindings);
      },
    };
    new RoomLog(sql, NOW_US);
    const keys = new KeyLedger(counting);
    const request = (at: number) => ({ key: `k${at}`, fingerprint: "f" });
    for (let at = 0; at < 4_000; at += 1) keys.record(request(at), 1 as Cursor, NOW_US);
    expect(looks).toBeLessThan(8);
    expect(keys.find("k0")).toEqual({ fingerprint: "f", cursor: 1 });
    const later = (NOW_US + DAY_US + 1) as EpochUs;
    for (let at = 4_000; at < 9_000; at += 1) keys.record(request(at), 2 as Cursor, later);
    expect(keys.find("k0")).toBeNull();
    expect(keys.find("k8999")).not.toBeNull();
  });
});

describe("I-9 a full outbox", () => {
  it("refuses, but for what was admitted before; 0 is no limit", () => {
    const { deps, ids } = room(1);
    expect(appendBatches(deps, [batch(["a"])], NOW_US)[0]?.kind).toBe("appended");
    expect(appendBatches(deps, [batch(["b"], "k")], NOW_US)).toEqual([{ kind: "full" }]);
    const admitted = { ...batch(["c"]), admitted: true } as const;
    expect(appendBatches(deps, [admitted], NOW_US)[0]?.kind).toBe("appended");
    expect(ids()).toEqual(["a", "c"]);
    const unlimited = room(0);
    appendBatches(unlimited.deps, [batch(["a"])], NOW_US);
    expect(admissionOf(unlimited.deps, null)).toBe("admitted");
  });

  it("I-1 says beforehand what it would say to a batch", () => {
    const { deps } = room(1);
    const key = { key: "k", fingerprint: "body" };
    expect(admissionOf(deps, key)).toBe("admitted");
    appendBatches(deps, [batch(["a"], "k")], NOW_US);
    expect(admissionOf(deps, null)).toBe("full");
    expect(admissionOf(deps, { ...key, key: "other" })).toBe("full");
    expect(admissionOf(deps, key)).toBe("admitted");
    expect(admissionOf(deps, { ...key, fingerprint: "other" })).toBe("key_reused");
  });

  it("INV-6 leaves no trace of a refused key or trade", () => {
    const { deps, log, ids } = room(1);
    appendBatches(deps, [batch(["a"])], NOW_US);
    appendBatches(deps, [batch(["b"], "k")], NOW_US);
    log.markStored(log.outbox({ events: 9, bytes: 9 }) ?? expect.fail("no part"));
    expect(appendBatches(deps, [batch(["b"], "k")], NOW_US)[0]?.kind).toBe("appended");
    expect(ids()).toEqual(["a", "b"]);
  });
});

describe("L-22 series", () => {
  const points = (...series: number[]): AppendBatch => ({ ...batch([undefined]), series });
  const kinds = (deps: AppendDeps, ...batches: AppendBatch[]) =>
    appendBatches(deps, batches, NOW_US).map(({ kind }) => kind);

  it("beyond the limit are refused whole, those that are there go on, also after a sleep", () => {
    const sql = memorySql();
    const { deps, ids } = room(0, sql, 3);
    expect(kinds(deps, points(1, 2))).toEqual(["appended"]);
    expect(admissionOf(deps, null, [1, 3])).toBe("admitted");
    expect(admissionOf(deps, null, [3, 4])).toBe("too_many_series");
    expect(kinds(deps, points(1, 3, 4))).toEqual(["too_many_series"]);
    const taken = ids().length;
    // Of batches that share a commit each is looked at with those before it.
    expect(kinds(deps, points(3), points(2, 4), points(3, 1))).toEqual([
      ...["appended", "too_many_series", "appended"],
    ]);
    expect(ids()).toHaveLength(taken + 2);
    const awake = room(0, sql, 3).deps;
    expect(kinds(awake, points(1, 2, 3), points(4))).toEqual(["appended", "too_many_series"]);
    expect(kinds(awake, { ...points(4), admitted: true })).toEqual(["appended"]);
    expect(kinds(room(0, sql, 4).deps, points(5), points(4))).toEqual([
      ...["too_many_series", "appended"],
    ]);
  });

  it("are those that an older room knows by heart, and no more than that is kept where there is no limit", () => {
    const sql = memorySql();
    const old = new SeriesLimit({ sql, limit: 2, known: () => [7, 8] });
    expect(old.isBeyond([7, 8], new Set())).toBe(false);
    expect(old.isBeyond([9], new Set())).toBe(true);
    const free = new SeriesLimit({ sql: memorySql(), limit: 0, known: () => [7] });
    expect(free.isBeyond([1, 2, 3], new Set())).toBe(false);
  });
});
