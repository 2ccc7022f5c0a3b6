import { describe, expect, it, test } from "vitest";
import { nextAlarmMs } from "../../../../durable/host/alarm-time.ts";
import { type ArchiveAnswer, readPatiently } from "../../../../durable/room/past/archive.ts";
import { ConnectLimit } from "../../../../durable/room/viewers/door/connect-limit.ts";
import { hasEnded, idleReason } from "../../../../durable/room/viewers/door/idle-check.ts";
import { MeasuredPace } from "../../../../durable/room/viewers/fan-out-pace.ts";
import { readClientMessage } from "../../../../durable/room/viewers/messages/client-message.ts";
import { MESSAGE_LIMITS, messagesOf } from "../../../../durable/room/viewers/messages/messages.ts";
import { firstAttachment, type Viewer, viewerOf } from "../../../../durable/room/viewers/viewer.ts";
import { SentBytes } from "../../../../durable/room/viewers/window.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";

const START_MS = 1_700_000_000_000;

function viewer(expiresAtMs: number | null = null): Viewer {
  const socket = {
    ...{ send: () => {}, close: () => {}, saveAttachment: () => {} },
    pingedMs: () => null,
  };
  const attachment = firstAttachment({ kind: "live" }, { key: null, expiresAtMs }, START_MS);
  const rate = { windowStartMs: START_MS, count: 0 };
  return viewerOf(socket, 1_000, attachment, rate, 0 as Cursor);
}

describe("E-3 messages", () => {
  const frame = (cursor: number, count: number, text = "0") => ({
    cursor: cursor as Cursor,
    count,
    text,
  });
  it("join neighbouring frames, under the cursor of the last, and tell where each ends", () => {
    const frames = [frame(1, 20, "a"), frame(2, 30, "b"), frame(3, 1, "c"), frame(9, 50, "d")];
    expect([...messagesOf(frames, { events: 50, chars: 1_000 })]).toEqual([
      {
        cursor: 2,
        events: 50,
        text: '{"type":"events","cursor":2,"events":[a,b],"frames":[[1,20],[0,30]]}',
      },
      { cursor: 3, events: 1, text: '{"type":"events","cursor":3,"events":[c]}' },
      { cursor: 9, events: 50, text: '{"type":"events","cursor":9,"events":[d]}' },
    ]);
    expect([...messagesOf([], MESSAGE_LIMITS)]).toEqual([]);
  });

  it.each([
    ["500 events", [...Array(2_000).keys()].map((at) => frame(at, 1, "{}"))],
    ["500 events", [...Array(60).keys()].map((at) => frame(at * 1e12, 32, "x".repeat(3_000)))],
    ["60 KiB", [...Array(2_000).keys()].map((at) => frame(at * 1e11, 1, "x".repeat(120)))],
    ["60 KiB", [...Array(9).keys()].map((at) => frame(at, 50, "x".repeat(20_000)))],
  ])("hold at most %s, and not much less where there is more", (limit, frames) => {
    const messages = [...messagesOf(frames, MESSAGE_LIMITS)];
    const full = messages.slice(0, -1);
    expect(full.length).toBeGreaterThan(1);
    for (const { text, events } of full) {
      expect(events).toBeLessThanOrEqual(500);
      expect(text.length).toBeLessThanOrEqual(60 * 1024);
      if (limit === "500 events") expect(events).toBeGreaterThan(470);
      else expect(text.length).toBeGreaterThan(39_000);
    }
    expect(messages.reduce((sum, { events }) => sum + events, 0)).toBe(
      frames.reduce((sum, { count }) => sum + count, 0),
    );
  });

  it("hold a frame that is longer than that alone", () => {
    const long = "x".repeat(100_000);
    const messages = [...messagesOf([frame(1, 1), frame(2, 1, long), frame(3, 1)], MESSAGE_LIMITS)];
    expect(messages.map(({ cursor }) => cursor)).toEqual([1, 2, 3]);
  });
});

describe("F-1 bytes sent", () => {
  it("are never taken for acknowledged when they are not, and nearly all when they are", () => {
    const sent = new SentBytes(100);
    let cursor = 0;
    for (; cursor < 2_000; cursor += 1) sent.add(cursor as Cursor, 7);
    expect(sent.total).toBe(14_000);
    expect(sent.upTo(1_999 as Cursor)).toBe(14_000);
    for (const at of [1_500, 1_900, 1_998]) {
      const bytes = sent.upTo(at as Cursor);
      expect(bytes).toBeLessThanOrEqual((at + 1) * 7);
      expect(bytes).toBeGreaterThan((at + 1) * 7 - 120);
    }
    expect(sent.upTo(-1 as Cursor)).toBe(0);
    const rest = new SentBytes(100, sent.after(13_000));
    expect(rest.total).toBe(1_000);
  });
});

describe("M-1 M-2 L-1 L-2 what a viewer says", () => {
  const limits = { messageBytes: 100, messagesPerSecond: 3 };
  it("is counted by the second", () => {
    const one = viewer();
    const kinds = [0, 1, 2, 3, 999, 1_000].map(
      (ms) =>
        readClientMessage(one.messages, '{"type":"ack","cursor":7}', limits, START_MS + ms).kind,
    );
    expect(kinds).toEqual(["message", "message", "message", "too_many", "too_many", "message"]);
  });

  it.each([
    ["x".repeat(101), "too_large"],
    ["€".repeat(34), "too_large"],
    ["€".repeat(33), "bad"],
    [new ArrayBuffer(101), "too_large"],
    [new ArrayBuffer(4), "bad"],
    ['{"type":"ack","cursor":-1}', "bad"],
    ['{"type":"ack","cursor":1.5}', "bad"],
    ["null", "bad"],
  ])("%s is %s", (data, kind) => {
    expect(readClientMessage(viewer().messages, data, limits, START_MS).kind).toBe(kind);
  });

  it("begins a new second where the clock was turned back", () => {
    const one = viewer();
    const read = () =>
      readClientMessage(one.messages, '{"type":"ack","cursor":7}', limits, START_MS).kind;
    readClientMessage(one.messages, "", limits, START_MS + 3_600_000);
    expect([1, 2, 3, 4].map(read)).toEqual(["message", "message", "message", "too_many"]);
  });

  it("has no limit where the setting is 0", () => {
    const off = { messageBytes: 0, messagesPerSecond: 0 };
    const one = viewer();
    for (let at = 0; at < 5_000; at += 1) {
      expect(readClientMessage(one.messages, " ".repeat(200), off, START_MS).kind).toBe("bad");
    }
  });
});

describe("who has to go", () => {
  it.each([
    ["H-2 nobody who was heard in 15 s", {}, null, 14_999, null],
    ["H-2 whoever was not", {}, null, 15_000, "silent"],
    ["H-2 nobody who pinged", {}, START_MS + 1, 15_000, null],
    [
      "F-1 nobody blocked for less than a minute",
      { blockedSinceMs: START_MS },
      START_MS + 59_000,
      59_999,
      null,
    ],
    [
      "F-1 whoever is blocked for a minute",
      { blockedSinceMs: START_MS },
      START_MS + 59_000,
      60_000,
      "unacknowledged",
    ],
  ])("%s", (_, change, pingedMs, afterMs, reason) => {
    const one = Object.assign(viewer(), change);
    expect(idleReason(one, pingedMs, START_MS + afterMs)).toBe(reason);
  });

  it("A-3 whoever's token has ended, to the millisecond", () => {
    const one = viewer(START_MS + 5);
    expect([4, 5].map((ms) => hasEnded(one, START_MS + ms))).toEqual([false, true]);
  });

  it("H-2 F-1 whoever is silent or blocked after the clock was turned back, as long as ever", () => {
    const [silent, blocked] = [viewer(), Object.assign(viewer(), { blockedSinceMs: START_MS })];
    const backMs = START_MS - 3_600_000;
    expect(idleReason(silent, START_MS, backMs)).toBeNull();
    expect(idleReason(silent, START_MS, backMs + 14_999)).toBeNull();
    expect(idleReason(silent, START_MS, backMs + 15_000)).toBe("silent");
    expect(idleReason(blocked, backMs, backMs)).toBeNull();
    expect(idleReason(blocked, backMs + 59_000, backMs + 59_999)).toBeNull();
    expect(idleReason(blocked, backMs + 59_500, backMs + 60_000)).toBe("unacknowledged");
  });
});

describe("L-3 connects", () => {
  it("are ten a minute for each key, and say when to come back", () => {
    const limit = new ConnectLimit(10);
    for (let at = 0; at < 10; at += 1) expect(limit.admit("a", START_MS + at * 1_000)).toBeNull();
    expect(limit.admit("a", START_MS + 20_000)).toBe(40);
    expect(limit.admit("b", START_MS + 20_000)).toBeNull();
    expect(limit.admit("a", START_MS + 60_000)).toBeNull();
    expect(limit.admit("a", START_MS + 60_000)).toBe(1);
    expect(new ConnectLimit(0).admit("a", 0)).toBeNull();
  });

  it("of before the clock was turned back hold nobody up", () => {
    const limit = new ConnectLimit(1);
    expect(limit.admit("a", START_MS + 3_600_000)).toBeNull();
    expect(limit.admit("a", START_MS)).toBeNull();
    expect(limit.admit("a", START_MS + 1)).toBe(60);
  });

  it("of very many keys do not make each other slow, and are forgotten", () => {
    const limit = new ConnectLimit(1);
    for (let key = 0; key < 30_000; key += 1) limit.admit(`${key}`, START_MS);
    expect(limit.admit("0", START_MS + 1)).toBe(60);
    for (let key = 0; key < 50_000; key += 1) limit.admit(`later ${key}`, START_MS + 61_000);
    expect(limit.admit("0", START_MS + 61_000)).toBeNull();
  });
});

test("INV-1 the alarm comes soon while there is an outbox, when a room has something due, later for closed sockets, else never", () => {
  const idle = { nowMs: 0, armedAtMs: null, outboxBytes: 0, isClosing: false, dueMs: null };
  expect(nextAlarmMs(idle)).toBeNull();
  expect(nextAlarmMs({ ...idle, outboxBytes: 1 })).toBe(5_000);
  expect(nextAlarmMs({ ...idle, isClosing: true })).toBe(15_000);
  expect(nextAlarmMs({ ...idle, isClosing: true, dueMs: 4_000 })).toBe(4_000);
  // Setting it costs a row: what is due later waits for what is armed.
  expect(nextAlarmMs({ ...idle, armedAtMs: 3_000, outboxBytes: 1 })).toBeNull();
  expect(nextAlarmMs({ ...idle, armedAtMs: 14_000, outboxBytes: 1 })).toBe(5_000);
  // Armed before the clock was turned back.
  expect(nextAlarmMs({ ...idle, armedAtMs: 90_000, dueMs: 60_000 })).toBe(60_000);
  // Some alarms are late. One that is long past was lost, and is armed again by whoever comes.
  expect(nextAlarmMs({ ...idle, nowMs: 99_000, armedAtMs: 90_000, outboxBytes: 1 })).toBeNull();
  expect(nextAlarmMs({ ...idle, nowMs: 99_000, armedAtMs: 80_000, outboxBytes: 1 })).toBe(104_000);
});

test("E-4 the pause of fan-out grows with what it costs, and is nothing for a few viewers", () => {
  const { sendMs, pauseMs } = new MeasuredPace();
  const costMs = sendMs(1_000);
  expect(pauseMs(10 * costMs)).toBe(0);
  expect(pauseMs(1_000 * costMs)).toBe(Math.ceil((1_000 * costMs) / 9));
  expect(sendMs(60_000)).toBeGreaterThan(costMs);
});

test("S-5 F-3 an archive that is away is given up after three times, one that is busy asked on, one that is broken not again", async () => {
  let asked = 0;
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);
  const gaveUp: number[] = [];
  let [tookMs, nowMs] = [0, 0];
  const deps = { wait, nowMs: () => nowMs, foundHanging: () => void gaveUp.push(nowMs) };
  const answers =
    (goodFrom: number, kind: "away" | "busy" | "broken") => async (): Promise<ArchiveAnswer> => {
      asked += 1;
      nowMs += tookMs;
      if (asked < goodFrom) return { kind };
      return { kind: "frames", frames: [], through: 9 as Cursor };
    };
  const range = [1 as Cursor, 9 as Cursor] as const;
  expect((await readPatiently({ ...deps, read: answers(3, "away") }, ...range)).kind).toBe(
    "frames",
  );
  asked = 0;
  expect((await readPatiently({ ...deps, read: answers(4, "away") }, ...range)).kind).toBe(
    "unavailable",
  );
  expect([asked, waits.length]).toEqual([3, 4]);
  asked = 0;
  expect((await readPatiently({ ...deps, read: answers(50, "busy") }, ...range)).kind).toBe(
    "frames",
  );
  // A bug would meet the same again.
  asked = 0;
  expect((await readPatiently({ ...deps, read: answers(2, "broken") }, ...range)).kind).toBe(
    "unavailable",
  );
  expect([asked, gaveUp]).toEqual([1, []]);
  // One that takes its time to say nothing is not asked again.
  [asked, tookMs] = [0, 10_000];
  expect((await readPatiently({ ...deps, read: answers(2, "away") }, ...range)).kind).toBe(
    "unavailable",
  );
  expect([asked, gaveUp]).toEqual([1, [10_000]]);
});
