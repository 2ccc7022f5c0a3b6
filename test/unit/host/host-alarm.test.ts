import { expect, test } from "vitest";
import { HostAlarm, type HostAlarmDeps } from "../../../durable/host/host-alarm.ts";
import type { RoomCore } from "../../../durable/room/room-core.ts";

const NOW_MS = 1_000_000;

/** A host with these rooms, as far as its alarm sees it. */
function alarmOver(rooms: { dueMs: number | null; alertsDueMs: number | null }[]) {
  const set: number[] = [];
  const asRooms = rooms.map(({ dueMs, alertsDueMs }) => ({ dueMs: () => dueMs, alertsDueMs }));
  const deps = {
    ports: {
      clock: { nowMs: () => NOW_MS, nowUs: () => NOW_MS * 1_000 },
      alarm: { atMs: () => null, set: (atMs: number) => set.push(atMs) },
      closingSockets: () => 0,
    },
    outbox: { bytes: 1 },
    notices: { dueMs: null },
    rooms: {
      *active() {
        yield* asRooms as unknown as RoomCore[];
      },
    },
  };
  return { alarm: new HostAlarm(deps as unknown as HostAlarmDeps), set };
}

test("AL-5 one of several rooms whose alert is due first sets the alarm, also where nobody names the room", () => {
  const { alarm, set } = alarmOver([
    { dueMs: NOW_MS + 9_000, alertsDueMs: null },
    { dueMs: null, alertsDueMs: NOW_MS + 4_000 },
    { dueMs: null, alertsDueMs: NOW_MS + 1_000 },
  ]);
  alarm.arm();
  expect(set).toEqual([NOW_MS + 1_000]);
});
