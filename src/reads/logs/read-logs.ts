import { decodeFrame } from "../../core/events/encode-events.ts";
import { isWanted, type LogFilter } from "../../core/logs/log-filter.ts";
import { newestFirst, type PlacedLine, textOfPlace } from "../../core/logs/log-place.ts";
import type { Database } from "../../db/driver/database.ts";
import { readLogLines } from "../../db/logs/read-log-lines.ts";
import type { LogsAnswer } from "../../protocol/answers/logs.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { ListSources } from "../rooms/list-symbols.ts";
import { searchTails } from "../rooms/search-tails.ts";

export interface LogSources extends ListSources {
  db: Database;
  correlationId: string;
}

/** How every encoded log line begins, and nothing in the text of another event does. */
const LINE = '{"kind":"log"';

/** The newest lines of a filter, the newest first: what Postgres has, and what is still in the rooms (SPEC LG-7). */
export async function readLogs(
  sources: LogSources,
  filter: LogFilter,
  { limit, symbol }: { limit: number; symbol: SymbolName | null },
): Promise<LogsAnswer> {
  const tails = await searchTails(sources, LINE, symbol === null ? null : [symbol]);
  const stored = await readLogLines(sources.db, filter, limit + 1, { tag: sources.correlationId });
  const lines = new Map<string, PlacedLine>();
  const add = (line: PlacedLine) => {
    if (isWanted(line, filter)) lines.set(textOfPlace(line), line);
  };
  for (const line of stored) add(line);
  for (const { symbol, cursor, text } of tails.frames) {
    for (const [ordinal, event] of decodeFrame(text).entries()) {
      if (event.kind === "log") add({ ts: event.ts, cursor, ordinal, symbol, event });
    }
  }
  const sorted = [...lines.values()].sort(newestFirst);
  const shown = sorted.slice(0, limit);
  const last = shown.at(-1);
  return {
    lines: shown.map(({ symbol, cursor, event: { kind: _, ...line } }) => ({
      ...{ symbol, cursor },
      ...line,
    })),
    complete: tails.complete,
    ...(sorted.length > limit && last !== undefined && { next: textOfPlace(last) }),
  };
}
