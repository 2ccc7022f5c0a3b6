import { type LogFilter, numberOfLevel } from "../../core/logs/log-filter.ts";
import { LOG_LEVELS } from "../../protocol/events/log.ts";
import { HOUR_WORD, LEVEL_WORD, SERVICE_WORD, SYMBOL_WORD } from "../store/attribute-words.ts";

/** A query may name so many symbols; where there are more each line is asked whose it is. */
const MOST_SYMBOLS = 1_000;

/**
 * The `tsquery` that finds the lines of a filter by their words, but for its times and its id; null where there is nothing that words
 * could tell. `hours`: numbers of hours since the epoch that the lines are of.
 */
export function queryTextOf(filter: LogFilter, hours: readonly number[] = []): string | null {
  const { search, service, level, symbols } = filter;
  const least = numberOfLevel(level);
  const terms = search.map(({ word, isBeginning }) => quoted(word) + (isBeginning ? ":*" : ""));
  if (service !== null) terms.push(quoted(SERVICE_WORD + service));
  if (least > 1) {
    const levels = LOG_LEVELS.slice(least - 1).map((_, at) => quoted(`${LEVEL_WORD}${least + at}`));
    terms.push(anyOf(levels));
  }
  if (symbols !== null && symbols.stored.length <= MOST_SYMBOLS) {
    terms.push(anyOf(symbols.stored.map((symbol) => quoted(SYMBOL_WORD + symbol))));
  }
  if (terms.length === 0) return null;
  if (hours.length > 0) terms.push(anyOf(hours.map((hour) => quoted(HOUR_WORD + hour))));
  return terms.join(" & ");
}

function anyOf(words: readonly string[]): string {
  return `(${words.join(" | ")})`;
}

/** https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY */
function quoted(word: string): string {
  return `'${word.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
