import { describe, expect, it } from "vitest";
import type { Database, SqlValue } from "../../../src/db/driver/database.ts";
import { DatabaseError } from "../../../src/db/driver/database-error.ts";
import { Collisions } from "../../../src/db/store/collisions.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";

const SYMBOL = "X" as SymbolName;
const POINT: TapeEvent = { kind: "metric", ts: 5 as EpochUs, metric: "m", value: 1 };
const ROOM = { symbol: SYMBOL, frames: [{ cursor: 1 as Cursor, events: [POINT] }] };

/** Takes inserts, and refuses plain ones where `isStored`. */
function fakeDatabase(collisions = new Collisions(0)) {
  const state = { isStored: false, error: undefined as Error | undefined };
  const calls: { form: "plain" | "careful"; params: readonly SqlValue[] }[] = [];
  const db: Database = {
    async query(text, params) {
      const form = text.includes("on conflict") ? "careful" : "plain";
      calls.push({ form, params });
      if (state.error !== undefined) throw state.error;
      if (form === "plain" && state.isStored)
        throw new DatabaseError(Object.assign(new Error("there"), { code: "23505" }));
      return [{ set_aside: 0, identity: "one" }];
    },
    transaction: () => Promise.reject(new Error("one statement is enough here")),
  };
  const ids = new SeriesIdCache(100, () => "me", collisions);
  ids.ids.learnt("one", 1);
  ids.ids.setSeries(SYMBOL, "m", 7);
  const store = async () => {
    calls.length = 0;
    await storeFrames(db, [ROOM], ids);
    return calls.map(({ form }) => form);
  };
  return { state, calls, store };
}

describe("storing frames", () => {
  it("sends known series in one request, a column a parameter", async () => {
    const { calls, store } = fakeDatabase();
    expect(await store()).toEqual(["plain"]);
    expect(calls[0]?.params).toEqual(["one", "me", 1, "{5}", "{1}", "{1}", "{7}", "{0}", 5]);
  });

  it("goes the careful way for a while after it has met a stored row, then tries again", async () => {
    const { state, store } = fakeDatabase();
    state.isStored = true;
    expect(await store()).toEqual(["plain", "careful"]);
    state.isStored = false;
    const forms: string[] = [];
    for (let i = 0; i < 101; i += 1) forms.push(...(await store()));
    expect(forms).toEqual([...Array(100).fill("careful"), "plain"]);
  });

  it("begins the careful way, for a Writer that begins anew is sent what was under way before it", async () => {
    const { state, store } = fakeDatabase(new Collisions());
    state.isStored = true;
    expect(await store()).toEqual(["careful"]);
    state.isStored = false;
    expect([await store(), await store()]).toEqual([["careful"], ["plain"]]);
  });

  it("passes every other failure on, and does not repeat the insert", async () => {
    const { state, calls, store } = fakeDatabase();
    for (const error of [
      new DatabaseError(Object.assign(new Error("no"), { code: "57P01" })),
      // Not from the database, whatever its code.
      Object.assign(new Error("no clone"), { code: "23505" }),
    ]) {
      state.error = error;
      await expect(store()).rejects.toBe(error);
      expect(calls).toHaveLength(1);
    }
  });
});
