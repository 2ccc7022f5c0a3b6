import { describe, expect, it } from "vitest";
import {
  framesOfPart,
  MAX_ROW_CHARS,
  numberFrames,
  packParts,
  parseHead,
  partsOf,
  type RoomId,
  type RoomPart,
  splitRows,
  withoutRoom,
} from "../../../../durable/host/log/rows/log-row.ts";
import { FRAME_CHARS } from "../../../../src/core/events/encode-events.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";

const FIRST = 1_000 as Cursor;

function part(room: number, ...frames: [text: string, count: number][]): RoomPart {
  return { room: room as RoomId, frames: frames.map(([text, count]) => ({ text, count })) };
}

describe("a row of a host's log", () => {
  it("says in its head where each room's frames are, and is read back whole or one room at a time", () => {
    const parts = [part(12, ["a", 50], ["b", 3]), part(1, ["c", 1]), part(2_000, ["d", 7])];
    const { row, head, texts } = numberFrames(parts, FIRST);
    expect(head).toBe(";12:50,3;1:1;2000:7");
    expect([row.first, row.last, row.events, row.bytes]).toEqual([1_000, 1_003, 61, 7]);
    expect(partsOf(head, FIRST, texts)).toEqual(row.parts);
    for (const { room, frames } of row.parts) {
      const [found = expect.fail()] = parseHead(head, FIRST, room);
      expect(framesOfPart(found, texts)).toEqual(frames);
    }
    // No room of another number is taken for it.
    for (const room of [2, 20, 200, 0]) expect(parseHead(head, FIRST, room as RoomId)).toEqual([]);
  });

  it("C-1 keeps the cursors of those that stay when a room's frames leave", () => {
    const parts = [part(3, ["a", 1]), part(4, ["b", 2], ["c", 3]), part(5, ["d", 4])];
    const { row } = numberFrames(parts, FIRST);
    const middle = withoutRoom(row, 4 as RoomId);
    expect(middle.head).toBe(";3:1;:2;5:4");
    expect(partsOf(middle.head, FIRST, middle.texts)).toEqual([row.parts[0], row.parts[2]]);
    expect([middle.row.last, middle.row.events, middle.row.bytes]).toEqual([1_003, 5, 3]);
    const [found = expect.fail()] = parseHead(middle.head, FIRST, 5 as RoomId);
    expect(framesOfPart(found, middle.texts)).toEqual(row.parts[2]?.frames);
    const first = withoutRoom(middle.row, 3 as RoomId);
    expect(first.head).toBe(";:3;5:4");
    const none = withoutRoom(first.row, 5 as RoomId);
    expect([none.head, none.texts, none.row.bytes, none.row.last]).toEqual(["", "", 0, 1_003]);
    expect(partsOf(none.head, FIRST, none.texts)).toEqual([]);
  });

  it("has one cursor where it has no frame", () => {
    const { row, head, texts } = numberFrames([], FIRST);
    expect([row.first, row.last, row.events, head, texts]).toEqual([FIRST, FIRST, 0, "", ""]);
  });

  it("E-3 puts a room's parts together and joins small frames, never beyond the measure of one", () => {
    const wide = "x".repeat(FRAME_CHARS - 10);
    expect(
      packParts([
        part(1, ["a", 20]),
        part(2, ["z", 1]),
        part(3),
        part(1, ["b", 30], ["c", 1]),
        part(4, [wide, 1], [wide, 1]),
      ]),
    ).toEqual([part(1, ["a,b", 50], ["c", 1]), part(2, ["z", 1]), part(4, [wide, 1], [wide, 1])]);
  });

  it("is cut where a commit outgrows it, also inside a room, and loses nothing", () => {
    const text = "x".repeat(FRAME_CHARS);
    const frames = Array.from({ length: 15 }, (_, at): [string, number] => [`${at}${text}`, 1]);
    const rows = splitRows([part(1, ...frames), part(2, ...frames)]);
    expect(rows.length).toBeGreaterThan(2);
    for (const row of rows) {
      const { texts } = numberFrames(row, FIRST);
      expect(texts.length).toBeLessThanOrEqual(MAX_ROW_CHARS);
      expect(new Set(row.map(({ room }) => room)).size).toBe(row.length);
    }
    const all = rows.flat();
    for (const room of [1, 2]) {
      const kept = all.filter((each) => each.room === room).flatMap((each) => each.frames);
      expect(kept.map((frame) => frame.text)).toEqual(frames.map(([each]) => each));
    }
    // One that is alone longer than a row is a row of its own.
    const long = "y".repeat(MAX_ROW_CHARS + 1);
    expect(splitRows([part(1, ["a", 1], [long, 1], ["b", 1])])).toHaveLength(3);
  });
});
