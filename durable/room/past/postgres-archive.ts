import { encodeFrame } from "../../../src/core/events/encode-events.ts";
import { MINUTE_US } from "../../../src/core/time/duration.ts";
import { readBars } from "../../../src/db/bars/read-bars.ts";
import type { Database } from "../../../src/db/driver/database.ts";
import { failureOf, lineOf } from "../../../src/db/driver/database-error.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import type { Logger } from "../../../src/telemetry/log.ts";
import type { RoomArchive } from "../room-ports.ts";
import type { JoinedReads } from "./joined-reads.ts";

/** What a room reads of its symbol in Postgres, by way of its host's connections; some of it together with other rooms of the host. */
export function roomArchive(
  database: Database,
  joined: JoinedReads,
  logger: Logger,
  symbol: SymbolName,
): RoomArchive {
  const answerTo = async (error: unknown) => {
    const failure = failureOf(error);
    if (failure === null) return "broken";
    if (failure.kind === "refused") return "away";
    return (await joined.answersAfter(error as Error)) ? "busy" : "away";
  };
  return {
    async readPage(after, upTo) {
      try {
        const page = await joined.frames({ symbol, after, upTo });
        const frames = page.frames.map(({ cursor, events }) => ({
          ...encodeFrame(events),
          cursor,
        }));
        const through = page.complete ? upTo : (frames.at(-1)?.cursor ?? upTo);
        const { expiredThrough } = page;
        return {
          ...{ kind: "frames", frames, through },
          ...(expiredThrough !== null && { expiredThrough }),
        };
      } catch (error) {
        const { level, fields } = lineOf(error);
        const kind = await answerTo(error);
        logger[level]("archive_unread", { symbol, answer: kind, ...fields });
        return { kind };
      }
    },
    readNewestCursor: (after) => joined.newestCursor({ symbol, after }),
    readEarlierLife: (through, isAwaited) => joined.earlierLife(symbol, through, isAwaited),
    readHours: (hourUs, through) => joined.hours({ symbol, through, hourUs }),
    readLastTrade: (through) => joined.lastTrade(symbol, through),
    async readMinute(minuteUs, storedThrough, tail) {
      const range = { fromUs: minuteUs, toUs: (minuteUs + MINUTE_US) as EpochUs, limit: 1 };
      const query = { symbol, interval: "1m", ...range, storedThrough, tail } as const;
      const [bar] = await readBars(database, query);
      return bar ?? null;
    },
  };
}
