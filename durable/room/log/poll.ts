import type { PollPage } from "../../../src/bindings/host.ts";
import type { PollGap } from "../../../src/protocol/answers/answers.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { LogFrame } from "../../host/log/host-log.ts";
import type { ReadArchive } from "../past/archive.ts";
import type { RoomLog } from "./room-log.ts";

/** Longest text of a page of more than one frame: some events are whole order books. */
const PAGE_CHARS = 4 * 1024 * 1024;

/**
 * The page of a room that does not know its place yet, or whether it has a past: nothing is told, and nothing passed over. The
 * cursor stays one of the log that it came with.
 */
export function nothingYet(cursor: Cursor, log: LogId | null): PollPage {
  return { events: "", frames: [], count: 0, cursor, oldest: cursor, log, complete: true };
}

/**
 * Where a poll without a cursor begins in such a room: at this moment. The head may be far ahead of the clock by what another room of
 * the host had, and until the room has its place another host may append what the clock alone says.
 */
export function momentOf(head: Cursor, clock: { nowUs(): EpochUs }): Cursor {
  return Math.min(head, clock.nowUs() - 1) as Cursor;
}

/**
 * One page of the polling fallback: about `limit` events after `since`, whole frames, at least one where there is any.
 * `gaps` are what it lacks; the cursor stands after them (INV-2, INV-3).
 */
export async function readPoll(
  deps: { log: RoomLog; readArchive: ReadArchive },
  since: Cursor,
  limit: number,
): Promise<PollPage> {
  const { log } = deps;
  const page: PollPage = {
    events: "",
    frames: [],
    count: 0,
    cursor: Math.min(since, log.head) as Cursor,
    oldest: log.prunedThrough,
    log: log.logId,
    complete: true,
  };
  const gaps: PollGap[] = [];
  let expiredThrough = 0;
  let full = false;
  while (page.cursor < log.prunedThrough && !full) {
    const upTo = log.prunedThrough;
    const archive = await deps.readArchive(page.cursor, upTo);
    if (archive.kind === "unavailable") {
      gaps.push({ from: page.cursor, to: upTo, reason: "unavailable" });
      page.cursor = upTo;
    } else {
      expiredThrough = Math.max(expiredThrough, Math.min(archive.expiredThrough ?? 0, upTo));
      full = take(page, archive.frames, limit);
      if (!full) page.cursor = archive.through;
    }
  }
  if (!full) full = take(page, log.framesAfter(page.cursor, log.head), limit);
  // A log that reaches back to the beginning of everything has nothing in the time before it was made.
  if (!full) page.cursor = Math.max(page.cursor, log.head) as Cursor;
  // Each page says it of its own part of the log, up to where that could be read.
  const to = Math.min(expiredThrough, gaps[0]?.from ?? page.cursor) as Cursor;
  if (to > since) gaps.unshift({ from: since, to, reason: "expired" });
  return gaps.length === 0 ? page : { ...page, complete: false, gaps };
}

/** The answer to a cursor of another life of the log: what is new comes after the head. */
export function resetPage(log: RoomLog): PollPage {
  const { head: cursor, prunedThrough: oldest, logId } = log;
  const nothing = { events: "", frames: [], count: 0 };
  return { ...nothing, cursor, oldest, log: logId, complete: false, reset: true };
}

/** Puts frames on the page until it is full; true where some are left for the next poll. */
function take(page: PollPage, frames: Iterable<LogFrame>, limit: number): boolean {
  const texts = page.events === "" ? [] : [page.events];
  let chars = page.events.length;
  let full = false;
  for (const frame of frames) {
    chars += frame.text.length;
    full = page.count > 0 && (page.count + frame.count > limit || chars > PAGE_CHARS);
    if (full) break;
    texts.push(frame.text);
    page.frames.push({ cursor: frame.cursor, count: frame.count });
    page.count += frame.count;
    page.cursor = frame.cursor;
  }
  page.events = texts.join(",");
  return full;
}
