import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AddressedEvent, encodeEvents } from "../../../../src/core/events/encode-events.ts";
import { PointColumns } from "../../../../src/core/events/point-columns.ts";
import { Series } from "../../../../src/core/events/series.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const series = fc
  .record({
    symbol: fc.constantFrom("A", "B", "É").map((name) => name as SymbolName),
    metric: text,
    labels: fc.option(
      fc.dictionary(fc.oneof(text, fc.constantFrom("2", "10")), fc.string({ maxLength: 2_000 })),
      { nil: undefined },
    ),
  })
  .map(({ symbol, metric, labels }) => new Series(symbol, metric, labels, 0));

describe("points in columns", () => {
  it("are encoded as the same points are as events", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(series, { minLength: 1, maxLength: 30 }),
        fc.array(
          fc.record({
            at: fc.nat(),
            ts: fc.oneof(fc.constant(1_790_000_000_000_000), fc.integer()),
            value: fc.double({ noNaN: true, noDefaultInfinity: true }),
          }),
          { maxLength: 200, size: "max" },
        ),
        async (all, points) => {
          const columns = new PointColumns();
          const events = points.map(({ at, ts, value }): AddressedEvent => {
            const one = all[at % all.length] as Series;
            columns.add(one, ts as EpochUs, value);
            const { symbol, metric, labels } = one;
            const event = { kind: "metric", ts: ts as EpochUs, metric, value } as const;
            return { symbol, event: labels === undefined ? event : { ...event, labels } };
          });
          expect(await columns.encode(async () => {})).toEqual(encodeEvents(events));
        },
      ),
      { numRuns: 60 },
    );
  });
});
