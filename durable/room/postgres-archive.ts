import { encodeFrame } from "../../src/core/encode-events.ts";
import { classifyFailure, type Database } from "../../src/db/database.ts";
import { readFrames } from "../../src/db/read-frames.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import type { Log } from "../../src/telemetry/log.ts";
import type { ArchivePage, ReadArchive } from "./archive.ts";

/** Events read at a time. */
const PAGE_EVENTS = 2_000;

/** The oldest tier of a room's replay, in Postgres. */
export function postgresArchive(
  database: () => Database,
  log: Log,
  symbol: SymbolName,
): ReadArchive {
  return async (after: Cursor, upTo: Cursor): Promise<ArchivePage> => {
    try {
      const page = await readFrames(database(), { symbol, after, upTo, maxEvents: PAGE_EVENTS });
      const frames = page.frames.map(({ cursor, events }) => ({ ...encodeFrame(events), cursor }));
      const through = page.complete ? upTo : (frames.at(-1)?.cursor ?? upTo);
      return { kind: "frames", frames, through };
    } catch (error) {
      const { kind, detail } = classifyFailure(error);
      log.warn("archive_unavailable", { symbol, kind, detail });
      return { kind: "unavailable" };
    }
  };
}
