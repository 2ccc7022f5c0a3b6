import { describe, expect, it } from "vitest";
import { numberFrames, type RoomId } from "../../../../durable/host/log/rows/log-row.ts";
import { RecentRows } from "../../../../durable/host/log/rows/recent-rows.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";

const ALL = Number.MAX_SAFE_INTEGER as Cursor;
const ROOM = 1 as RoomId;
const OTHER = 2 as RoomId;

/** Rows at 10, 20, ... : a frame of each room. */
function fill(recent: RecentRows, rows: number, text = "x"): void {
  for (let row = 1; row <= rows; row += 1) {
    const frames = [{ text, count: 1 }];
    const parts = [
      { room: ROOM, frames },
      { room: OTHER, frames },
    ];
    recent.push(numberFrames(parts, (row * 10) as Cursor).row);
  }
}

describe("the newest rows in memory", () => {
  it("INV-5 hold about as much as they may, and always the newest row", () => {
    const recent = new RecentRows(0 as Cursor, 20_000);
    fill(recent, 200, "x".repeat(400));
    // A row is two frames of 400 characters, and what holds them.
    const rows = recent.rowsAfter(recent.from);
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.length).toBeLessThan(22);
    expect(recent.from).toBe((200 - rows.length) * 10 + 1);
    expect(rows.at(-1)?.last).toBe(2_001);
    expect(recent.allOf(ROOM)).toHaveLength(rows.length);
    const tiny = new RecentRows(0 as Cursor, 1);
    fill(tiny, 3, "x".repeat(4_000));
    expect(tiny.rowsAfter(0 as Cursor).map(({ last }) => last)).toEqual([31]);
  });

  it("give the frames of a room in a range", () => {
    const recent = new RecentRows(5 as Cursor, 1e6);
    fill(recent, 4);
    const cursorsOf = (after: number, upTo: number) =>
      Array.from(recent.framesOf(OTHER, after as Cursor, upTo as Cursor), ({ cursor }) => cursor);
    expect(cursorsOf(5, ALL)).toEqual([11, 21, 31, 41]);
    expect(cursorsOf(11, 31)).toEqual([21, 31]);
    expect(cursorsOf(12, 20)).toEqual([]);
    expect([...recent.framesOf(7 as RoomId, 0 as Cursor, ALL)]).toEqual([]);
  });

  it("let a room go from its rows, which stay, and drop what the log dropped", () => {
    const recent = new RecentRows(5 as Cursor, 1e6);
    fill(recent, 4);
    recent.takeOut(ROOM);
    expect(recent.allOf(ROOM)).toEqual([]);
    expect(recent.rowsAfter(5 as Cursor).map(({ last, events }) => [last, events])).toEqual([
      ...[
        [11, 1],
        [21, 1],
        [31, 1],
        [41, 1],
      ],
    ]);
    recent.dropThrough(21 as Cursor);
    expect(recent.from).toBe(21);
    expect(recent.allOf(OTHER).map(({ cursor }) => cursor)).toEqual([31, 41]);
  });
});
