import { expect, it } from "vitest";
import { mustLetGo } from "../../../../durable/room/viewers/door/stalled-sockets.ts";

const many = Array<number>(16).fill(10_000);

it.each([
  [{ closedForMs: [10_000], viewers: 0, quietMs: 2_000, isShort: false }, true],
  // They may still answer, or a producer waits for an answer.
  [{ closedForMs: [9_999], viewers: 0, quietMs: 2_000, isShort: true }, false],
  [{ closedForMs: many, viewers: 0, quietMs: 1_999, isShort: true }, false],
  // Viewers come back only where it is worth it.
  [{ closedForMs: many, viewers: 1, quietMs: 2_000, isShort: false }, false],
  [{ closedForMs: many, viewers: 1, quietMs: 2_000, isShort: true }, true],
  [{ closedForMs: many.slice(1), viewers: 1, quietMs: 2_000, isShort: true }, false],
  [{ closedForMs: [], viewers: 0, quietMs: 2_000, isShort: true }, false],
])("L-25 a room %j lets go of stalled sockets by beginning anew: %s", (room, expected) => {
  expect(mustLetGo(room)).toBe(expected);
});
