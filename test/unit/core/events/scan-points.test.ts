import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame } from "../../../../src/core/events/encode-events.ts";
import { scannedOf, scanPoints } from "../../../../src/core/events/scan-points.ts";
import type { MetricEvent, TapeEvent } from "../../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";

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
    const good = '{"kind":"metric","ts":5,"metric":"m","value":1}';
    expect(scanPoints(good)).toHaveLength(1);
    const others = [
      "",
      encodeFrame([trade]).text,
      `${good},${encodeFrame([trade]).text}`,
      `${good},`,
      `${good} `,
      good.slice(0, -1),
      good.replace("5", ""),
      good.replace("5", "5.5"),
      good.replace("5", "12345678901234567"),
      good.replace('"m"', "7"),
      good.replace(":1}", ":}"),
      good.replace(":1}", ':1,"labels":{"a":"b"}'),
      good.replace(":1}", ':1,"labels":null}'),
    ];
    for (const other of others) expect(scanPoints(other), other).toBeNull();
  });
});
