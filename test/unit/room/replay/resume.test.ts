import { expect, it } from "vitest";
import { FormerLogs } from "../../../../durable/host/log/former-logs.ts";
import { nothingYet, readPoll, resetPage } from "../../../../durable/room/log/poll.ts";
import { resumptionOf } from "../../../../durable/room/log/resume.ts";
import type { ArchivePage } from "../../../../durable/room/past/archive.ts";
import type { LogId } from "../../../../src/protocol/words/log-id.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { oneRoom } from "../one-room.ts";
import { memorySql } from "../sqlite-port.ts";

const NOW_US = 1_700_000_000_000_000 as EpochUs;
const FRAME = { text: '{"kind":"metric","ts":1,"metric":"m","value":1}', count: 1 };

it("C-6 INV-13 a log that handed its symbols over is known again after a restart", () => {
  const sql = memorySql();
  const { log, former, append } = oneRoom(sql, NOW_US);
  append([FRAME]);
  const [old, made] = ["old", "made-up"] as LogId[] as [LogId, LogId];
  const since = (log.head - 10) as Cursor;
  expect(resumptionOf(log, since, old)).toEqual({ kind: "reset", from: since, to: log.head });
  former.add(old);
  former.add(old);
  const again = oneRoom(sql, NOW_US);
  expect(new FormerLogs(sql).has(old)).toBe(true);
  expect(again.log.logId).toBe(log.logId);
  for (const known of [old, log.logId, null]) {
    expect(resumptionOf(again.log, since, known)).toEqual({ kind: "replay", after: since });
  }
  expect(resumptionOf(again.log, since, made).kind).toBe("reset");
  // Without a log it is a place or a time, and counts as the newest where it is ahead (C-3).
  const ahead = (log.head + 1) as Cursor;
  expect(resumptionOf(again.log, ahead, null)).toEqual({ kind: "replay", after: log.head });
  expect(resumptionOf(again.log, ahead, old).kind).toBe("reset");
});

it("S-10 Q-2 a page says of its own part what is kept no more and what could not be read", async () => {
  const { log, append } = oneRoom(memorySql(), NOW_US, "place");
  append([FRAME]);
  const [upTo, expiredThrough] = [log.prunedThrough, 250 as Cursor];
  const frames = [100, 200, 300].map((cursor) => ({ ...FRAME, cursor: cursor as Cursor }));
  let isAway = false;
  const readArchive = async (after: Cursor): Promise<ArchivePage> => {
    const rest = frames.filter(({ cursor }) => cursor > after);
    if (isAway && rest.length === 0) return { kind: "unavailable" };
    const through = isAway ? (300 as Cursor) : upTo;
    return { kind: "frames", frames: rest, through, expiredThrough };
  };
  const pageOf = (since: number, limit = 100) =>
    readPoll({ log, readArchive }, since as Cursor, limit);
  const expired = (from: number, to: number) => ({ from, to, reason: "expired" });
  expect(await pageOf(50)).toMatchObject({ count: 4, complete: false, gaps: [expired(50, 250)] });
  // Of pages that follow each other each says its own part, and none says what another has said.
  expect(await pageOf(50, 1)).toMatchObject({ cursor: 100, gaps: [expired(50, 100)] });
  expect(await pageOf(200, 1)).toMatchObject({ cursor: upTo, gaps: [expired(200, 250)] });
  for (const since of [250, 300]) {
    const page = await pageOf(since);
    expect(page).toMatchObject({ cursor: log.head, complete: true });
    expect(page).not.toHaveProperty("gaps");
  }
  isAway = true;
  const unavailable = { from: 300, to: upTo, reason: "unavailable" };
  expect(await pageOf(50)).toMatchObject({ count: 4, gaps: [expired(50, 250), unavailable] });
});

it("C-6 Q-1 a page names its log, that of a reset goes on at the head, and one that knows nothing yet leaves the cursor its log", async () => {
  const { log, append } = oneRoom(memorySql(), NOW_US);
  append([FRAME]);
  const readArchive = () => expect.fail("nothing was before");
  const page = await readPoll({ log, readArchive }, 0 as Cursor, 10);
  expect(page).toMatchObject({ cursor: log.head, count: 1, log: log.logId, complete: true });
  expect(resetPage(log)).toMatchObject({
    ...{ cursor: log.head, count: 0, log: log.logId },
    ...{ complete: false, reset: true },
  });
  const since = (log.head + 5) as Cursor;
  const old = "old" as LogId;
  expect(nothingYet(since, old)).toMatchObject({ cursor: since, log: old, complete: true });
});
