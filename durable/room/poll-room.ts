import type { PollPage } from "../../src/bindings/host.ts";
import type { LogId } from "../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { momentOf, nothingYet, readPoll, resetPage } from "./log/poll.ts";
import { Pollers } from "./log/pollers.ts";
import { resumptionOf } from "./log/resume.ts";
import type { RoomParts } from "./room-parts.ts";

/**
 * A poll of a room that has been asked whether it knows what was before it: events after `since`, of the log `of`; where there are
 * none, waits for the next ones, at most `waitMs`.
 */
export async function pollRoom(
  parts: RoomParts,
  since: Cursor | null,
  limit: number,
  waitMs: number,
  of: LogId | null,
): Promise<PollPage> {
  const { log, ports } = parts;
  // What it has may move behind what an earlier life had, and nobody knows yet who handed over.
  if (!log.isPlaced) return nothingYet(since ?? momentOf(log.head, ports.clock), of);
  const resumption = resumptionOf(log, since ?? log.head, of);
  if (resumption.kind === "reset") return resetPage(log);
  const read = (after: Cursor) =>
    readPoll({ log, readArchive: parts.archiveNow().read }, after, limit);
  const page = await read(resumption.after);
  const isEmpty = page.count === 0 && page.complete;
  // Something may have come while the page was read.
  if (!isEmpty || waitMs === 0 || log.head > page.cursor) return page;
  parts.pollers ??= new Pollers(ports.clock);
  const appended = parts.pollers.nextAppend(waitMs);
  ports.activated();
  await appended;
  return read(page.cursor);
}
