import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame } from "../../../../src/core/events/encode-events.ts";
import { PointReader } from "../../../../src/core/events/point-reader.ts";
import type { MetricEvent, TapeEvent } from "../../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";
import { NO_POINTS, POINT } from "./no-points.ts";

/** Few, so that spellings come again, one of which begins as another does. */
const metric = fc.constantFrom("a", "ab", "é", "}", '"', "\\");
const labels = fc.constantFrom(undefined, {}, { a: "1" }, { a: "12" }, { b: "}", a: "," });
const point: fc.Arbitrary<TapeEvent> = fc
  .record({
    ts: fc.maxSafeInteger().map((us) => us as EpochUs),
    metric,
    value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 7)),
    labels,
  })
  .map(({ labels: has, ...rest }) => ({ kind: "metric", ...rest, ...(has && { labels: has }) }));
const trade: TapeEvent = { kind: "trade", ts: 1 as EpochUs, price: 1, size: 1 };
const event = fc.oneof({ weight: 9, arbitrary: point }, fc.constant(trade));

const reader = () => new PointReader((name, spelled) => `${name} ${spelled}`);

/** A point, its series as `reader` names it. */
function row({ metric: name, labels: has, ts, value }: MetricEvent): unknown[] {
  return [`${name} ${has === undefined ? "" : JSON.stringify(has)}`, ts, value];
}

describe("points read where they stand", () => {
  it("are those that JSON has, up to the first event that is none, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(fc.array(event, { minLength: 1 }), { maxLength: 8 }), (frames) => {
        const points = reader();
        for (const { text } of frames.map(encodeFrame)) {
          const read: unknown[][] = [];
          const end = points.read(text, (...one) => read.push(one));
          const rest = end === text.length ? [] : decodeFrame(text.slice(end));
          const all = decodeFrame(text);
          const before = all.slice(0, all.length - rest.length) as MetricEvent[];
          expect(read).toEqual(before.map(row));
          const isPlain = !text.includes("\\");
          if (isPlain) expect(rest[0]?.kind).not.toBe("metric");
        }
      }),
    );
  });

  it("are asked once for each spelling, in whatever order they come, until all are forgotten", () => {
    const asked: string[] = [];
    const points = new PointReader((name) => asked.push(name));
    const frame = (names: string) =>
      encodeFrame(
        [...names].map((name) => ({
          kind: "metric" as const,
          ...{ ts: 1 as EpochUs, metric: name, value: 1 },
        })),
      ).text;
    for (const names of ["abc", "cba", "aab", "b"]) points.read(frame(names), () => {});
    expect(asked.join("")).toBe("abc");
    expect(points.size).toBe(3);
    points.forget();
    points.read(frame("ba"), () => {});
    expect(asked.join("")).toBe("abcba");
  });

  it("end where a number is none, or anything stands behind a point", () => {
    for (const other of [...NO_POINTS, POINT.replace(":1}", ":x}")]) {
      const points = reader();
      expect(points.read(other, () => expect.fail(other))).toBe(0);
      expect(points.read(`${POINT},${other}`, () => {})).toBe(POINT.length + 1);
    }
  });
});
