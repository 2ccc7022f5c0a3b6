import { describe, expect, it } from "vitest";
import { KeyIndex } from "../../../../durable/host/log/keys/key-index.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";

describe("where keys may be", () => {
  it("finds every place of a hash, newest first, however many others there are", () => {
    const index = new KeyIndex();
    for (let key = 1; key <= 250_000; key += 1) {
      index.add(Math.imul(key, 0x9e3779b1) >>> 0, key as Cursor, key);
    }
    index.add(77, 1_000_001 as Cursor, 250_001);
    index.add(77, 1_000_000 as Cursor, 250_002);
    for (let key = 1; key <= 250_000; key += 997) {
      expect(index.find(Math.imul(key, 0x9e3779b1) >>> 0)).toEqual([key]);
    }
    expect(index.find(77)).toEqual([1_000_001, 1_000_000]);
    expect(index.find(78)).toEqual([]);
  });

  it("forgets a segment when all of it is too old, and none before", () => {
    const index = new KeyIndex();
    for (let key = 1; key <= 100_000; key += 1) index.add(key, key as Cursor, key);
    index.forgetBefore(50_000);
    expect(index.find(1)).toEqual([1]);
    index.forgetBefore(99_000);
    expect(index.find(1)).toEqual([]);
    expect(index.find(100_000)).toEqual([100_000]);
    index.forgetBefore(100_001);
    expect(index.find(100_000)).toEqual([]);
    index.add(5, 200_000 as Cursor, 200_000);
    expect(index.find(5)).toEqual([200_000]);
  });
});
