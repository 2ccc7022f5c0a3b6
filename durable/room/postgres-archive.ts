import { encodeFrame } from "../../src/core/encode-events.ts";
import type { Database } from "../../src/db/driver/database.ts";
import { failureOf, lineOf } from "../../src/db/driver/database-error.ts";
import { readFrames } from "../../src/db/events/read-frames.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import type { Log } from "../../src/telemetry/log.ts";
import type { ArchiveAnswer } from "./archive.ts";

/** Events read at a time. */
const PAGE_EVENTS = 2_000;

/** Reads a page of the oldest tier of a room's replay, in Postgres. */
export function postgresArchive(
  database: () => Database,
  log: Log,
  symbol: SymbolName,
): (after: Cursor, upTo: Cursor) => Promise<ArchiveAnswer> {
  return async (after, upTo) => {
    try {
      const page = await readFrames(database(), { symbol, after, upTo, maxEvents: PAGE_EVENTS });
      const frames = page.frames.map(({ cursor, events }) => ({ ...encodeFrame(events), cursor }));
      const through = page.complete ? upTo : (frames.at(-1)?.cursor ?? upTo);
      return { kind: "frames", frames, through };
    } catch (error) {
      const failure = failureOf(error);
      const kind =
        failure === null
          ? "broken"
          : failure.kind === "unavailable" && (await answers(database()))
            ? "busy"
            : "away";
      const { level, fields } = lineOf(error);
      log[level]("archive_unread", { symbol, answer: kind, ...fields });
      return { kind };
    }
  };
}

/** Whether Postgres answers at all. */
async function answers(database: Database): Promise<boolean> {
  try {
    await database.query("select 1", []);
    return true;
  } catch (error) {
    if (failureOf(error) === null) throw error;
    return false;
  }
}
