import { type EncodedFrame, FRAME_CHARS } from "../../../src/core/encode-events.ts";
import { MAX_FRAME_EVENTS } from "../../../src/protocol/frame.ts";
import type { Cursor } from "../../../src/protocol/time.ts";

/** One row of the log: a batch, as one or more frames. Frame `i` has cursor `first + i`. */
export interface LogRow {
  first: Cursor;
  last: Cursor;
  events: number;
  /** Length of the frames' text. */
  bytes: number;
  /** Events in each frame. */
  counts: readonly number[];
  /** Text of each frame. */
  texts: readonly string[];
}

/** One frame of the log with its place in it. */
export interface LogFrame extends EncodedFrame {
  cursor: Cursor;
}

/** Longest text of one row. SQLite on Workers takes 2 MB a row, and a character can be three bytes of UTF-8. */
export const MAX_ROW_CHARS = 512 * 1024;

/** Frames of the row after `after` and up to `upTo`. */
export function* framesOf(row: LogRow, after: Cursor, upTo: Cursor): Generator<LogFrame> {
  const start = Math.max(0, after + 1 - row.first);
  const end = Math.min(row.texts.length - 1, upTo - row.first);
  for (let index = start; index <= end; index += 1) {
    yield {
      cursor: (row.first + index) as Cursor,
      text: row.texts[index] ?? "",
      count: row.counts[index] ?? 0,
    };
  }
}

/** Joins neighbouring frames as long as they stay within the measure of one frame. */
export function packFrames(frames: readonly EncodedFrame[]): EncodedFrame[] {
  const packed: EncodedFrame[] = [];
  for (const frame of frames) {
    const open = packed.at(-1);
    if (
      open !== undefined &&
      open.count + frame.count <= MAX_FRAME_EVENTS &&
      open.text.length + frame.text.length < FRAME_CHARS
    ) {
      packed[packed.length - 1] = {
        text: `${open.text},${frame.text}`,
        count: open.count + frame.count,
      };
    } else {
      packed.push(frame);
    }
  }
  return packed;
}

/** Cuts frames into runs that each fit one row. */
export function splitRows(frames: readonly EncodedFrame[]): EncodedFrame[][] {
  const rows: EncodedFrame[][] = [];
  let run: EncodedFrame[] = [];
  let chars = 0;
  for (const frame of frames) {
    if (run.length > 0 && chars + frame.text.length > MAX_ROW_CHARS) {
      rows.push(run);
      run = [];
      chars = 0;
    }
    run.push(frame);
    chars += frame.text.length;
  }
  if (run.length > 0) rows.push(run);
  return rows;
}
