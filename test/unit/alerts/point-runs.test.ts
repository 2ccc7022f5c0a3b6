import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PointRuns } from "../../../src/core/alerts/point-runs.ts";
import { decodeFrame, encodeFrame } from "../../../src/core/events/encode-events.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

const AT_US = 7;

const text = fc.oneof(
  fc.constantFrom("latency", "a", "", "é", '"', "\\", "}", ",", "\n", "😀"),
  fc.string({ maxLength: 6 }),
);
/**
 * Names of labels without escapes. V8 13.6 of Node 24 (by reports up to 14.6) reads an escaped name as a known one whose text is how the escaped one begins: "\n" as "\\"
 * (nodejs/node#63785). The runtime's V8 does not (test/workerd/pushes/input.test.ts). Values have escapes.
 */
const name = text.filter((one) => !JSON.stringify(one).includes("\\"));
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 0.1, 1e21, 1e-7, 123456789012345.6, 9007199254740992, 0.30000000000000004),
);
const ts = fc.integer({ min: -1e15, max: 4e15 }).map((us) => us as EpochUs);
const point = fc.record(
  { ts, metric: text, value, labels: fc.dictionary(name, text, { maxKeys: 2 }) },
  { requiredKeys: ["ts", "metric", "value"] },
);
const event = fc.oneof(
  { weight: 8, arbitrary: point.map((one) => ({ kind: "metric" as const, ...one })) },
  {
    weight: 1,
    arbitrary: ts.map((at) => ({ kind: "trade" as const, ts: at, price: 1, size: 1 })),
  },
);

/** What was read, by series, as text: -0 is another value than 0. */
function readOf(runs: PointRuns<string>): Map<string, string> {
  const read = new Map<string, string>();
  for (const [[series = ""], run] of runs.take()) {
    const inOrder = run.inOrder(null);
    read.set(series, `${run.length} ${run.atUs} ${inOrder?.ts} ${valuesOf(inOrder?.values ?? [])}`);
  }
  return read;
}

/** A series, however its labels are spelled. */
function nameOf(metric: string, labels: object): string {
  return JSON.stringify([metric, Object.entries(labels).sort()]);
}

function valuesOf(values: readonly number[]): string {
  return values.map((one) => (Object.is(one, -0) ? "-0" : String(one))).join();
}

describe("points of a commit, by series", () => {
  it("AL-4 are those that JSON has, whatever stands among them, in any frames", () => {
    fc.assert(
      fc.property(fc.array(fc.array(event, { minLength: 1 }), { maxLength: 6 }), (frames) => {
        const key = (metric: string, labels: object) => [nameOf(metric, labels)];
        const [ofText, ofEvents] = [new PointRuns(key), new PointRuns(key)];
        for (const events of frames) {
          const { text } = encodeFrame(events as TapeEvent[]);
          const end = ofText.read(text, AT_US);
          for (const [runs, rest] of [
            [ofText, text.slice(end)],
            [ofEvents, text],
          ] as const) {
            for (const one of decodeFrame(rest)) {
              if (one.kind !== "metric") continue;
              const labels = one.labels === undefined ? "" : JSON.stringify(one.labels);
              runs.add(one.metric, labels, one.ts, one.value, AT_US);
            }
          }
          // The same frame once more is read by what came before.
          expect(ofText.read(text, AT_US)).toBe(end);
          expect(ofEvents.read(text, AT_US)).toBe(end);
        }
        expect(readOf(ofText)).toEqual(readOf(ofEvents));
      }),
    );
  });

  it("are read to the end of a frame of plain points, and no further than the first event that is none", () => {
    const runs = new PointRuns(() => ["all"]);
    const plain = encodeFrame([
      { kind: "metric", ts: 1 as EpochUs, metric: "m", value: 1.5 },
      { kind: "metric", ts: 2 as EpochUs, metric: "m", value: -2e-9, labels: { a: "}" } },
    ]).text;
    const trade = encodeFrame([{ kind: "trade", ts: 3 as EpochUs, price: 1, size: 1 }]).text;
    expect(runs.read(plain, AT_US)).toBe(plain.length);
    expect(runs.read(`${plain},${trade},${plain}`, AT_US)).toBe(plain.length + 1);
    expect(runs.read(trade, AT_US)).toBe(0);
  });

  it("INV-9 are one run for a series, however many series there are and however each is spelled", () => {
    const runs = new PointRuns((metric, labels) => [nameOf(metric, labels)]);
    const spelled = (turned: boolean) =>
      Array.from({ length: 3_000 }, (_, nth): TapeEvent => {
        const labels = turned ? { nth: `${nth}`, of: "x" } : { of: "x", nth: `${nth}` };
        return { kind: "metric", ts: 1 as EpochUs, metric: "m", value: Number(turned), labels };
      });
    for (const commit of [1, 2]) {
      const texts = [false, true, false].map((turned) => encodeFrame(spelled(turned)).text);
      for (const text of texts) expect(runs.read(text, commit)).toBe(text.length);
      const taken = runs.take();
      expect(new Set(taken.flatMap(([readers]) => readers)).size).toBe(3_000);
      const values = taken.map(([, run]) => valuesOf(run.inOrder(null)?.values ?? []));
      expect(values).toEqual(values.map(() => "0,1,0"));
      expect(values.length).toBe(3_000);
    }
  });

  it("of series that nobody reads are passed over", () => {
    const runs = new PointRuns<string>(() => []);
    const { text } = encodeFrame([{ kind: "metric", ts: 1 as EpochUs, metric: "m", value: 1 }]);
    expect(runs.read(text, AT_US)).toBe(text.length);
    expect(runs.take()).toEqual([]);
  });
});
