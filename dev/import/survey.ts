import { unmistakableTime } from "../../src/core/time/timestamp.ts";
import type { PostedInterval } from "../../src/protocol/events/bar-push.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";
import { BadRowError, type FileRow } from "../demo/files/file-row.ts";
import { type BarDefaults, type RecordReading, readRecord } from "./bar-record.ts";
import type { LineRecord } from "./read-records.ts";

/** Bad rows that are named; beyond them only their number is told. */
const MAX_NAMED = 20;

/** What a file holds, row by row looked at as the server will. */
export type Survey = {
  good: number;
  bad: { count: number; named: string[] };
  /** Rows of buckets that are not over. */
  notOver: number;
  symbols: Set<string>;
  /** The symbols that rows themselves name, the empty one where a row names none. */
  named: Set<string>;
  intervals: Set<PostedInterval>;
  firstUs: number;
  lastUs: number;
};

export async function survey(
  lines: AsyncIterable<LineRecord>,
  defaults: BarDefaults,
  nowUs: EpochUs,
): Promise<Survey> {
  const found: Survey = {
    ...{ good: 0, bad: { count: 0, named: [] }, notOver: 0 },
    ...{ symbols: new Set(), named: new Set(), intervals: new Set() },
    ...{ firstUs: Number.POSITIVE_INFINITY, lastUs: Number.NEGATIVE_INFINITY },
  };
  for await (const line of lines) {
    const reading = readLine(line, defaults, nowUs);
    switch (reading.kind) {
      case "bar":
        found.good += 1;
        found.symbols.add(reading.push.symbol);
        found.named.add(reading.named);
        found.intervals.add(reading.push.interval);
        found.firstUs = Math.min(found.firstUs, reading.push.ts);
        found.lastUs = Math.max(found.lastUs, reading.push.ts);
        break;
      case "not_over":
        found.notOver += 1;
        break;
      case "bad":
        found.bad.count += 1;
        if (found.bad.named.length < MAX_NAMED) {
          found.bad.named.push(new BadRowError(line.line, reading.column, reading.why).message);
        }
        break;
    }
  }
  return found;
}

/** The bars of the file as they are posted; of the rest the survey has told. */
export async function* barRows(
  lines: AsyncIterable<LineRecord>,
  defaults: BarDefaults,
  nowUs: EpochUs,
): AsyncGenerator<FileRow> {
  for await (const line of lines) {
    const reading = readLine(line, defaults, nowUs);
    if (reading.kind === "bar") {
      const event = { ...reading.push, ts: unmistakableTime(reading.push.ts) };
      yield { line: line.line, path: "/api/bars", event };
    }
  }
}

function readLine(line: LineRecord, defaults: BarDefaults, nowUs: EpochUs): RecordReading {
  return line.why !== undefined
    ? { kind: "bad", column: undefined, why: line.why }
    : readRecord(line.record, defaults, nowUs);
}
