import type { LogFilter } from "../../core/logs/log-filter.ts";
import { levelOfWord } from "../../core/logs/log-level.ts";
import { readPlace } from "../../core/logs/log-place.ts";
import { readSearch, type SearchWord } from "../../core/logs/log-words.ts";
import { EARLIEST_US, MAX_AHEAD_US } from "../../core/time/timestamp.ts";
import { LOG_LEVELS, type LogLevel } from "../../protocol/events/log.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { AppContext } from "../context.ts";
import { Parameters } from "./parameters.ts";

/** Words of a search; more are a text that somebody has pasted. */
const MOST_WORDS = 32;
const KNOWN = [
  ...["symbol", "correlation_id", "service", "level", "q", "from", "to", "precision"],
  ...["limit", "after"],
];

export type LogQuery = Omit<LogFilter, "symbols"> & { symbol: SymbolName | null; limit: number };

/** Reads the parameters of `GET /api/logs` (SPEC LG-7). @throws Refusal where one is not right. */
export function readLogQuery(c: AppContext): LogQuery {
  const nowUs = c.get("nowUs")();
  const parameters = new Parameters(c.req.url, KNOWN, nowUs);
  const symbol = parameters.text("symbol");
  const after = parameters.text("after");
  const place = after === undefined ? null : readPlace(after);
  if (after !== undefined && place === null) {
    parameters.refuse("after", "must be the next of the page before");
  }
  const query: LogQuery = {
    symbol: symbol === undefined ? null : parameters.symbol("symbol", symbol),
    service: parameters.text("service") ?? null,
    correlationId: parameters.text("correlation_id") ?? null,
    level: readLevel(parameters),
    search: readWords(parameters),
    ...parameters.range(nowUs + MAX_AHEAD_US + 1, () => EARLIEST_US),
    after: place,
    limit: parameters.count("limit", { min: 1, max: 1_000, fallback: 100 }),
  };
  parameters.check();
  return query;
}

function readLevel(parameters: Parameters): LogLevel {
  const text = parameters.text("level");
  if (text === undefined) return "trace";
  const level = levelOfWord(text);
  if (level === null) parameters.refuse("level", `must be one of ${LOG_LEVELS.join(", ")}`);
  return level ?? "trace";
}

function readWords(parameters: Parameters): SearchWord[] {
  const q = parameters.text("q");
  if (q === undefined) return [];
  const words = readSearch(q);
  if (words.length === 0) parameters.refuse("q", "has no word: a letter, a digit or _");
  if (words.length > MOST_WORDS) parameters.refuse("q", `must have at most ${MOST_WORDS} words`);
  return words;
}
