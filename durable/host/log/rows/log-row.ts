import type * as z from "zod";
import { type EncodedFrame, FRAME_CHARS } from "../../../../src/core/events/encode-events.ts";
import { MAX_FRAME_EVENTS } from "../../../../src/protocol/events/frame.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";

/** Number of a room in its host. */
export type RoomId = number & z.$brand<"RoomId">;

/** What of one commit goes to one room. */
export interface RoomPart {
  room: RoomId;
  frames: readonly EncodedFrame[];
}

/** One frame of the log with its place in it. */
export interface LogFrame extends EncodedFrame {
  cursor: Cursor;
}

/** The frames of one room in a row, with neighbouring cursors. */
export interface RowPart {
  room: RoomId;
  frames: readonly LogFrame[];
}

/** One row of the log: a commit, or a part of one that outgrows a row. Cursors of its range may be of no frame. */
export interface LogRow {
  first: Cursor;
  last: Cursor;
  events: number;
  /** Length of the frames' text. */
  bytes: number;
  /** In order of cursors, one a room. */
  parts: readonly RowPart[];
}

/** Where the frames of one room are in a row. */
export interface HeadPart {
  room: RoomId;
  first: Cursor;
  /** Which part of its row it is. */
  place: number;
  /** Which text of the row is that of the first frame. */
  textIndex: number;
  /** Events in each frame. */
  counts: number[];
}

/** Longest text of one row. SQLite on Workers takes 2 MB a row, and a character can be three bytes of UTF-8. */
export const MAX_ROW_CHARS = 512 * 1024;
/** What a frame adds to the head of its row, at most. */
const HEAD_CHARS = 16;

const DIGIT_0 = 48;
const COLON = 58;
const COMMA = 44;

/**
 * The head of a row: `;ROOM:COUNT,COUNT` for each part, a count a frame, and `;:N` where N cursors are of no frame, because the
 * frames that had them have moved.
 */
export function headOf(first: Cursor, parts: readonly RowPart[]): string {
  let head = "";
  let next: number = first;
  for (const { room, frames } of parts) {
    const from = frames[0]?.cursor ?? next;
    if (from > next) head += `;:${from - next}`;
    head += `;${room}:`;
    for (let index = 0; index < frames.length; index += 1) {
      head += index === 0 ? `${frames[index]?.count}` : `,${frames[index]?.count}`;
    }
    next = from + frames.length;
  }
  return head;
}

/** What SQL looks for in a head to find a room. */
export function markOf(room: RoomId): string {
  return `;${room}:`;
}

/** The parts that a head tells of; with `only`, that room's alone. `first` is the first cursor of the row. */
export function parseHead(head: string, first: Cursor, only?: RoomId): HeadPart[] {
  const parts: HeadPart[] = [];
  let cursor: number = first;
  let textIndex = 0;
  let place = 0;
  let at = 0;
  while (at < head.length) {
    at += 1;
    const isHole = head.charCodeAt(at) === COLON;
    let room = 0;
    for (; head.charCodeAt(at) !== COLON; at += 1) room = room * 10 + head.charCodeAt(at) - DIGIT_0;
    const isWanted = !isHole && (only === undefined || only === room);
    const counts: number[] = [];
    let frames = 0;
    do {
      at += 1;
      let count = 0;
      for (let code = head.charCodeAt(at); code >= DIGIT_0 && code < COLON; ) {
        count = count * 10 + code - DIGIT_0;
        at += 1;
        code = head.charCodeAt(at);
      }
      if (isHole) cursor += count;
      else frames += 1;
      if (isWanted) counts.push(count);
    } while (head.charCodeAt(at) === COMMA);
    if (isWanted) {
      parts.push({ room: room as RoomId, first: cursor as Cursor, place, textIndex, counts });
      if (only !== undefined) return parts;
    }
    if (!isHole) place += 1;
    cursor += frames;
    textIndex += frames;
  }
  return parts;
}

/** Cursor of a part's last frame. */
export function lastOfPart({ first, counts }: HeadPart): Cursor {
  return (first + counts.length - 1) as Cursor;
}

/** Below so much text a row is read as fast whole. */
const WIDE_CHARS = 16 * 1024;
// SQLite counts in bytes, and of these alone a character is one.
const ASCII = /^[\0-\x7f]*$/;

/**
 * Lengths of the texts of each part, so that whoever wants one room's part of a wide row need not read the row; null where the
 * row is not wide, or its lengths in bytes are others.
 */
export function lengthsOf(parts: readonly RowPart[], texts: string): string | null {
  if (parts.length < 2 || texts.length < WIDE_CHARS || !ASCII.test(texts)) return null;
  let lengths = "";
  for (const { frames } of parts) {
    let length = frames.length - 1;
    for (const { text } of frames) length += text.length;
    lengths += lengths === "" ? `${length}` : `,${length}`;
  }
  return lengths;
}

/** Where the texts of a part begin in those of its row, and how long they are. */
export function rangeOfPart({ place }: HeadPart, lengths: string): { at: number; length: number } {
  let at = 0;
  let length = 0;
  let part = 0;
  for (let index = 0; index <= lengths.length; index += 1) {
    const code = lengths.charCodeAt(index);
    if (code >= DIGIT_0) length = length * 10 + code - DIGIT_0;
    else {
      if (part === place) break;
      part += 1;
      at += length + 1;
      length = 0;
    }
  }
  return { at, length };
}

/** The frames of a part, out of its texts, or of those of its whole row. */
export function framesOfPart(part: HeadPart, texts: string, isWhole = true): LogFrame[] {
  const { first, counts } = part;
  const textIndex = isWhole ? part.textIndex : 0;
  let from = 0;
  for (let skipped = 0; skipped < textIndex; skipped += 1) from = texts.indexOf("\n", from) + 1;
  return counts.map((count, index) => {
    const found = texts.indexOf("\n", from);
    const end = found === -1 ? texts.length : found;
    const text = texts.slice(from, end);
    from = end + 1;
    return { cursor: (first + index) as Cursor, text, count };
  });
}

/** All parts of a row that was read whole. */
export function partsOf(head: string, first: Cursor, texts: string): RowPart[] {
  const each = texts.split("\n");
  return parseHead(head, first).map((part) => ({
    room: part.room,
    frames: part.counts.map((count, index) => ({
      cursor: (part.first + index) as Cursor,
      text: each[part.textIndex + index] ?? "",
      count,
    })),
  }));
}

/** Joins neighbouring frames as long as they stay within the measure of one frame. */
export function packFrames(frames: readonly EncodedFrame[]): EncodedFrame[] {
  if (frames.length === 1) return [...frames];
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

/** Brings the parts of one room together and packs their frames; those without frames go. */
export function packParts(parts: readonly RoomPart[]): RoomPart[] {
  const byRoom = new Map<RoomId, readonly EncodedFrame[]>();
  for (const { room, frames } of parts) {
    if (frames.length === 0) continue;
    const before = byRoom.get(room);
    byRoom.set(room, before === undefined ? frames : [...before, ...frames]);
  }
  return Array.from(byRoom, ([room, frames]) => ({ room, frames: packFrames(frames) }));
}

/** Cuts parts into runs that each fit one row. */
export function splitRows(parts: readonly RoomPart[]): RoomPart[][] {
  const rows: RoomPart[][] = [];
  let run: { room: RoomId; frames: EncodedFrame[] }[] = [];
  let chars = 0;
  for (const { room, frames } of parts) {
    let open: EncodedFrame[] | null = null;
    for (const frame of frames) {
      const size = frame.text.length + HEAD_CHARS;
      if (run.length > 0 && chars + size > MAX_ROW_CHARS) {
        rows.push(run);
        run = [];
        chars = 0;
        open = null;
      }
      if (open === null) {
        open = [];
        run.push({ room, frames: open });
      }
      open.push(frame);
      chars += size;
    }
  }
  if (run.length > 0) rows.push(run);
  return rows;
}

/** A row as it is written: its head and its texts beside what they say. */
export interface WrittenRow {
  row: LogRow;
  head: string;
  texts: string;
  /** Of its parts, see `lengthsOf`. */
  lengths: string | null;
}

export function countFrames(parts: readonly RoomPart[]): number {
  let frames = 0;
  for (const part of parts) frames += part.frames.length;
  return frames;
}

/** Gives each frame its cursor, from `first` on. A row without a frame has that one cursor. */
export function numberFrames(parts: readonly RoomPart[], first: Cursor): WrittenRow {
  const numbered: RowPart[] = [];
  let next: number = first;
  for (const { room, frames } of parts) {
    const from = next;
    next += frames.length;
    numbered.push({
      room,
      frames: frames.map(({ text, count }, index) => ({
        cursor: (from + index) as Cursor,
        text,
        count,
      })),
    });
  }
  const range = { first, last: Math.max(first, next - 1) as Cursor };
  return writtenRow(range, numbered);
}

/** The row after the frames of a room have left it: its range stays. */
export function withoutRoom({ first, last, parts }: LogRow, room: RoomId): WrittenRow {
  return writtenRow(
    { first, last },
    parts.filter((part) => part.room !== room),
  );
}

function writtenRow(range: Pick<LogRow, "first" | "last">, parts: readonly RowPart[]): WrittenRow {
  const each: string[] = [];
  let events = 0;
  for (const { frames } of parts) {
    for (const { text, count } of frames) {
      each.push(text);
      events += count;
    }
  }
  const texts = each.join("\n");
  return {
    row: { ...range, events, bytes: texts.length, parts },
    head: headOf(range.first, parts),
    texts,
    lengths: lengthsOf(parts, texts),
  };
}
