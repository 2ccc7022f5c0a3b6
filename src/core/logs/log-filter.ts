import { LOG_LEVELS, type LogEvent, type LogLevel } from "../../protocol/events/log.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { type LogPlace, newestFirst, type PlacedLine } from "./log-place.ts";
import { hasWords, type SearchWord, wordsOfLine } from "./log-words.ts";

/** Some symbols: those of them that the database has, and whether any is one of them. */
export interface ChosenSymbols {
  stored: readonly SymbolName[];
  has(symbol: SymbolName): boolean;
}

/** Which lines are looked for (SPEC LG-7). */
export interface LogFilter {
  /** Null: of all. */
  symbols: ChosenSymbols | null;
  service: string | null;
  correlationId: string | null;
  /** At least so grave. */
  level: LogLevel;
  /** All of these words; empty: any line. */
  search: readonly SearchWord[];
  /** Lines whose time is in [fromUs, toUs). */
  fromUs: EpochUs;
  toUs: EpochUs;
  /** Behind this one, the newest first; null: from the newest on. */
  after: LogPlace | null;
}

/** Of levels by their number, from 1 on: as Postgres has them. */
export function numberOfLevel(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level) + 1;
}

/** Is a line of a room's log one of those? Postgres says the same of those that it has. */
export function isWanted(line: PlacedLine, filter: LogFilter): boolean {
  const { symbols, service, correlationId, search, fromUs, toUs, after } = filter;
  const { event } = line;
  return (
    event.ts >= fromUs &&
    event.ts < toUs &&
    (symbols === null || symbols.has(line.symbol)) &&
    (service === null || event.service === service) &&
    (correlationId === null || event.correlation_id === correlationId) &&
    numberOfLevel(event.level) >= numberOfLevel(filter.level) &&
    (after === null || newestFirst(after, line) < 0) &&
    (search.length === 0 || hasWords(wordsOf(event), search))
  );
}

function wordsOf({ event, fields }: LogEvent): Set<string> {
  return wordsOfLine(event, fields);
}
