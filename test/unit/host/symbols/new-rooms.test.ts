import { describe, expect, it } from "vitest";
import { NewRooms } from "../../../../durable/host/symbols/new-rooms.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";

const names = (...all: string[]) => all as SymbolName[];

describe("L-23 new symbols", () => {
  it("of one holder are so many a minute, all of a request or none", () => {
    const rooms = new NewRooms(3);
    expect(rooms.admit("a", names("A", "B"), 0)).toBeNull();
    expect(rooms.admit("a", names("C", "D"), 20_000)).toBe(40);
    expect(rooms.admit("a", names("C"), 20_000)).toBeNull();
    expect(rooms.admit("b", names("E", "F", "G"), 20_000)).toBeNull();
    expect(rooms.admit("a", names("D"), 59_999)).toBe(1);
    expect(rooms.admit("a", names("D", "E"), 60_000)).toBeNull();
  });

  it("count once where the push is sent again", () => {
    const rooms = new NewRooms(2);
    expect(rooms.admit("a", names("A", "B"), 0)).toBeNull();
    expect(rooms.admit("a", names("A", "B"), 1_000)).toBeNull();
  });

  it("that are more than a minute holds are never admitted together", () => {
    const rooms = new NewRooms(2);
    expect(rooms.admit("a", names("A", "B", "C"), 0)).toBe(60);
    expect(rooms.admit("a", names("A", "B"), 0)).toBeNull();
  });

  it("wait for no clock that was turned back", () => {
    const rooms = new NewRooms(1);
    expect(rooms.admit("a", names("A"), 3_600_000)).toBeNull();
    expect(rooms.admit("a", names("B"), 0)).toBeNull();
  });

  it("have no limit where it is 0", () => {
    expect(new NewRooms(0).admit("a", names("A", "B", "C"), 0)).toBeNull();
  });
});
