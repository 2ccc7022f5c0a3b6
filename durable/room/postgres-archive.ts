import { encodeFrame } from "../../src/core/encode-events.ts";
import { classifyFailure, type Database } from "../../src/db/driver/database.ts";
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
      const { kind, detail } = classifyFailure(error);
      const answer = kind === "unavailable" && (await answers(database())) ? "busy" : "away";
      log.warn("archive_unread", { symbol, kind, answer, detail });
      return { kind: answer };
    }
  };
}

/** Whether Postgres answers at all. */
async function answers(database: Database): Promise<boolean> {
  try {
    await database.query("select 1", []);
    return true;
  } catch {
    return false;
  }
}
