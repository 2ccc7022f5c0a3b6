import type { Config } from "../../src/config.ts";
import { encodeFrame } from "../../src/core/encode-events.ts";
import { classifyFailure, type Database, openDatabase } from "../../src/db/database.ts";
import { readFrames } from "../../src/db/read-frames.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import type { Log } from "../../src/telemetry/log.ts";
import type { ArchivePage, ReadArchive } from "./archive.ts";

/** Events read at a time. */
const PAGE_EVENTS = 2_000;
const TIMEOUT_MS = 10_000;

/** The oldest tier of a room's replay, in Postgres. Opened at the first read, for most rooms never need it. */
export function postgresArchive(config: Config, log: Log, symbol: SymbolName): ReadArchive {
  let database: Database | null = null;
  return async (after: Cursor, upTo: Cursor): Promise<ArchivePage> => {
    database ??= openDatabase({
      url: config.DATABASE_URL,
      endpoint: config.DATABASE_ENDPOINT,
      timeoutMs: TIMEOUT_MS,
    });
    try {
      const page = await readFrames(database, { symbol, after, upTo, maxEvents: PAGE_EVENTS });
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
