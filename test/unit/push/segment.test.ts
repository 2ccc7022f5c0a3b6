import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  beginLine,
  emptySegment,
  endBatch,
  endLine,
  eventLines,
  readSegment,
} from "../../../push/node/core/segment.ts";

/** What a lane may do with a file, in any order; what cannot be done at the moment is passed over. */
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("put" as const), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant("begin" as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant("settle" as const) }),
    fc.record({ kind: fc.constant("put back" as const), gone: fc.nat({ max: 31 }) }),
  ),
  { maxLength: 40 },
);

it("a file that a crash cut anywhere reads as it was after the last line that was whole", () => {
  fc.assert(
    fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (script, where) => {
      const segment = emptySegment();
      let text = "";
      let made = 0;
      // By length of the text: what a reader must find.
      const states = new Map([[0, structuredClone(segment)]]);
      const write = (lines: string, change: () => void) => {
        // Lines of one write may be cut between each other.
        const whole = lines.split("\n").slice(0, -1);
        for (const line of whole) {
          text += `${line}\n`;
          if (line.startsWith("{")) segment.pending.push(line);
          else change();
          states.set(text.length, structuredClone(segment));
        }
      };
      for (const step of script) {
        const { batch, pending } = segment;
        if (step.kind === "put") {
          const events = Array.from({ length: step.count }, () => `{"n":${made++},"t":"b k 1\\n"}`);
          write(eventLines(events), () => {});
        } else if (step.kind === "begin" && batch === null && pending.length > 0) {
          const count = Math.min(step.count, pending.length);
          write(beginLine(`key-${made}`, count), () => {
            segment.batch = { key: `key-${made}`, count };
          });
        } else if (step.kind === "settle" && batch !== null) {
          write(endLine("all"), () => endBatch(segment, "all"));
        } else if (step.kind === "put back" && batch !== null) {
          const gone = [0, 1, 2, 3, 4].filter(
            (at) => at < batch.count && (step.gone >> at) % 2 === 1,
          );
          write(endLine(gone), () => endBatch(segment, gone));
        }
      }
      const cut = Math.round(where * text.length);
      const lastWhole = Math.max(...[...states.keys()].filter((length) => length <= cut));
      expect(readSegment(text.slice(0, cut))).toEqual(states.get(lastWhole));
    }),
  );
});

it("lines that are none are passed over, and a batch of nothing is none", () => {
  expect(readSegment('\0\0\0\0\n{"a":1}\n{"b":\nnonsense\n')).toEqual({
    ...{ pending: ['{"a":1}'], batch: null },
  });
  expect(readSegment("b key 3\n").batch).toBeNull();
});
