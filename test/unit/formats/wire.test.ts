import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packSnappy } from "../../../bench/load/posts/pack-snappy.ts";
import { inOneTurn, STEP_BYTES } from "../../../src/formats/in-steps.ts";
import { ProtobufReader } from "../../../src/formats/wire/protobuf-reader.ts";
import { textField, uintField } from "../../../src/formats/wire/protobuf-writer.ts";
import { snappyLength, unpackSnappy } from "../../../src/formats/wire/snappy.ts";
import { textOf } from "../../../src/formats/wire/utf8.ts";
import { WireFault } from "../../../src/formats/wire/wire-fault.ts";
import { bitsField, doubleField, int64Field, sint64Field } from "../../wire/messages.ts";
import { mutationsOf } from "../../wire/mutations.ts";

describe("snappy's block format", () => {
  it("O-2 gives back what was packed", () => {
    const bytes = fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 40 }).map((parts) => {
      // Parts come again, so there is something to copy.
      const all = [...parts, ...parts.slice(0, 9), ...parts].map((part) => [...part]);
      return new Uint8Array(all.flat());
    });
    fc.assert(
      fc.property(bytes, (plain) => {
        const packed = packSnappy(plain);
        expect(snappyLength(packed)).toBe(plain.length);
        expect(inOneTurn(unpackSnappy(packed))).toEqual(plain);
      }),
      { numRuns: 300 },
    );
  });

  it("repeats a pattern that a copy reaches into, and knows all lengths of literals and offsets", () => {
    // "ab", then twelve characters from two before: https://github.com/google/snappy/blob/main/format_description.txt
    const run = [14, (2 - 1) << 2, 0x61, 0x62, 2 | (11 << 2), 2, 0];
    expect(Buffer.from(inOneTurn(unpackSnappy(new Uint8Array(run))) ?? [])).toEqual(
      Buffer.from("ab".repeat(7)),
    );
    const long = new Uint8Array(70_000).map((_, at) => (at * at * 31) >> 7);
    const literal = [0xf0, 0xa2, 0x04, 62 << 2, 0x6f, 0x11, 0x01, ...long];
    expect(inOneTurn(unpackSnappy(new Uint8Array(literal)))).toEqual(long);
    const far = [...literal, 3 | (3 << 2), 0x70, 0x11, 0x01, 0];
    far[0] = 0xf4;
    expect(inOneTurn(unpackSnappy(new Uint8Array(far)))?.subarray(70_000)).toEqual(
      long.subarray(0, 4),
    );
  });

  it("takes no memory for a length that cannot be true", () => {
    expect(snappyLength(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f, 0]))).toBeNull();
    expect(snappyLength(new Uint8Array([0x80, 0x80, 0x80, 0x80, 0x80, 0]))).toBeNull();
    expect(snappyLength(new Uint8Array())).toBeNull();
    expect(inOneTurn(unpackSnappy(new Uint8Array([0])))).toEqual(new Uint8Array());
  });

  it("is refused where it was mutated, or gives bytes of the length that it says", () => {
    const plain = new TextEncoder().encode("abcabcabcabd ".repeat(50));
    const packed = packSnappy(plain);
    let given = 0;
    fc.assert(
      fc.property(mutationsOf(packed), (mutated) => {
        const unpacked = inOneTurn(unpackSnappy(mutated));
        if (unpacked === null) return;
        given += 1;
        expect(unpacked.length).toBe(snappyLength(mutated));
      }),
      { numRuns: 2_000 },
    );
    expect(given).toBeGreaterThan(10);
    expect(given).toBeLessThan(1_900);
  });
});

describe("protobuf", () => {
  const read = (bytes: number[]) => {
    const reader = new ProtobufReader(new Uint8Array(bytes));
    expect(reader.next()).toBe(true);
    return reader;
  };

  it("O-2 reads numbers of all kinds, to the edges of what a double holds", () => {
    const edges = [0, -1, 1, 127, 128, 2 ** 31, -(2 ** 31), 2 ** 32, Number.MAX_SAFE_INTEGER];
    const integers = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(...edges));
    fc.assert(
      fc.property(integers, (value) => {
        expect(read(int64Field(1, value)).int64()).toBe(value);
        expect(read(int64Field(1, value)).exactInt64()).toBe(value);
        if (value >= 0) expect(read(uintField(1, value)).uint64()).toBe(value);
        const half = Math.trunc(value / 2);
        expect(read(sint64Field(1, half)).sint64() + 0).toBe(half + 0);
        expect(read(bitsField(1, BigInt.asUintN(64, BigInt(value)))).sfixed64()).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(read(doubleField(1, value)).double()).toBe(value);
      }),
    );
    const least = -(2n ** 63n);
    expect(read(int64Field(1, least)).exactInt64()).toBe(String(least));
    expect(read(int64Field(1, least)).int64()).toBe(-(2 ** 63));
  });

  it("reads nanoseconds as whole microseconds, without an error of a double", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n }), (ns) => {
        const us = read(bitsField(1, ns)).microseconds();
        if (ns < 9_007_199_254_740_991_000n) expect(us).toBe(Number(ns / 1_000n));
      }),
    );
  });

  it("decodes a text once, whatever its script, and refuses what is none", () => {
    const text = "größe 東京 🚀";
    const reader = new ProtobufReader(
      new Uint8Array([...textField(1, text), ...textField(1, text)]),
    );
    reader.next();
    const first = reader.word();
    reader.next();
    expect(reader.word()).toBe(first);
    expect(first).toMatchObject({ text, isName: true });
    expect(() => read([0x0a, 2, 0xc3, 0x28]).word()).toThrow("not UTF-8");
    expect(read(textField(1, "a\u0000b")).word().isName).toBe(false);
    expect(read(textField(1, "x".repeat(201))).word().isName).toBe(false);
  });

  it("tells two texts of one length and one beginning apart", () => {
    const [one, other] = ["a", "b"].map((end) => "x".repeat(100) + end) as [string, string];
    const fields = [one, other, one, other].flatMap((text) => textField(1, text));
    const reader = new ProtobufReader(new Uint8Array(fields));
    const texts: string[] = [];
    while (reader.next()) texts.push(reader.word().text);
    expect(texts).toEqual([one, other, one, other]);
  });

  it.each([
    ["a number that does not end", [0x08, 0xff]],
    ["a number of eleven bytes", [0x08, ...new Array(10).fill(0xff), 1]],
    ["a text beyond the end", [0x0a, 5, 1]],
    ["a message longer than 4 GiB", [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 1]],
    ["a group", [0x0b]],
    ["a field without a number", [0x00, 1]],
    ["half a double", [0x09, 1, 2]],
  ])("refuses %s", (_, bytes) => {
    const walk = () => {
      const reader = new ProtobufReader(new Uint8Array(bytes));
      while (reader.next()) reader.skip();
    };
    expect(walk).toThrow(WireFault);
  });

  it("keeps inside the message that it is in", () => {
    const reader = read([0x0a, 2, 0x09, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    reader.enter();
    reader.next();
    expect(() => reader.double()).toThrow("ends in the middle");
  });
});

describe("a text of a body", () => {
  it("is the same in steps, whatever letter a step ends in the middle of, and never what is no UTF-8", () => {
    const { length } = Buffer.from("ü€😀");
    for (let before = 0; before < length; before += 1) {
      const text = `${"x".repeat(STEP_BYTES - before)}ü€😀${"ü€😀".repeat(100_000)}`;
      const bytes = Buffer.from(`\uFEFF${text}`);
      expect(inOneTurn(textOf(bytes)) === text).toBe(true);
      expect(inOneTurn(textOf(bytes.subarray(0, -1)))).toBeNull();
      expect(inOneTurn(textOf(bytes.fill(0xff, STEP_BYTES, STEP_BYTES + 1)))).toBeNull();
    }
  });
});
