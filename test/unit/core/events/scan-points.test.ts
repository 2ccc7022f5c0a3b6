import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame } from "../../../../src/core/events/encode-events.ts";
import { scannedOf, scanPoints } from "../../../../src/core/events/scan-points.ts";
import type { MetricEvent, TapeEvent } from "../../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";
import { NO_POINTS, POINT } from "./no-points.ts";

const text = fc.oneof(
  fc.constantFrom("latency", 'a"b', "c\\d", "}", "{", '","value":1', "é", "\ud800", "\u0001"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const point: fc.Arbitrary<MetricEvent> = fc.record(
  {
    kind: fc.constant("metric" as const),
    ts: fc.maxSafeInteger().map((us) => us as EpochUs),
    metric: text,
    value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
    labels: fc.dictionary(text, text, { maxKeys: 4 }),
  },
  { requiredKeys: ["kind", "ts", "metric", "value"] },
);
const trade: TapeEvent = { kind: "trade", ts: 1 as EpochUs, price: 1, size: 1 };

describe("points as they stand in a frame", () => {
  it("are those that are decoded, or are left to be decoded", () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 5 }), (points) => {
        const frame = encodeFrame(points).text;
        const scanned = scanPoints(frame);
        const decoded = decodeFrame(frame) as MetricEvent[];
        if (scanned === null) expect(frame).toContain("\\");
        else expect(scanned).toEqual(decoded.map(scannedOf));
      }),
    );
  });

  it("are left where there is anything else, or anything is written otherwise", () => {
    expect(scanPoints(POINT)).toHaveLength(1);
    const frame = encodeFrame([trade]).text;
    const others = ["", frame, `${POINT},${frame}`, `${POINT},`, ...NO_POINTS];
    for (const other of others) expect(scanPoints(other), other).toBeNull();
  });
});
