/** No event nests deeper: an array of items, an item, a side of its book, a level. */
const MAX_DEPTH = 16;
/** Most braces, commas and colons of one item: a book of 1,000 levels a side has 6,000. */
const MAX_PARTS = 10_000;
/** And of all items, for each that may be there: 32 labels have 64. So of full books there may be fewer. */
const MAX_PARTS_ON_AVERAGE = 50;
/** Lines for each item that may be there: the others are blank. */
const MAX_LINES_AN_ITEM = 10;
/** Shorter texts can hold nothing that would take long to parse. */
export const LONG_CHARS = 16_384;

/** What makes a body dear to parse and to validate. */
export type Oddity = "too_many" | "too_deep" | "too_intricate";

const [NEWLINE, SPACE, QUOTE, COMMA, COLON] = [0x0a, 0x20, 0x22, 0x2c, 0x3a];
const [OPEN_ARRAY, BACKSLASH, CLOSE_ARRAY] = [0x5b, 0x5c, 0x5d];
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];

/**
 * Looks a JSON text over before it is parsed, some ms a MiB. Its items are the elements of its array, its lines, or
 * itself. `maxItems` 0 is no limit. What is no JSON is left to the parser.
 */
export function surveyJson(text: string, maxItems: number, isNdjson = false): Oddity | null {
  const most = maxItems === 0 ? Number.POSITIVE_INFINITY : maxItems;
  const itemsDepth = !isNdjson && /^\s*\[/.test(text) ? 1 : 0;
  let [depth, items, parts, partsOfAll, lines] = [0, isNdjson ? 0 : 1, 0, 0, 0];
  let isBlank = true;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= SPACE) {
      if (code !== NEWLINE || !isNdjson) continue;
      lines += 1;
      if (!isBlank) items += 1;
      if (items > most || lines > most * MAX_LINES_AN_ITEM) return "too_many";
      [depth, parts, isBlank] = [0, 0, true];
      continue;
    }
    isBlank = false;
    switch (code) {
      case QUOTE:
        at = endOfString(text, at);
        continue;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > MAX_DEPTH) return "too_deep";
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        continue;
      case COMMA:
        if (depth !== itemsDepth) break;
        items += 1;
        parts = 0;
        if (items > most) return "too_many";
        continue;
      case COLON:
        break;
      default:
        continue;
    }
    parts += 1;
    partsOfAll += 1;
    if (parts > MAX_PARTS) return "too_intricate";
    if (partsOfAll > most * MAX_PARTS_ON_AVERAGE) return "too_many";
  }
  return items + (isNdjson && !isBlank ? 1 : 0) > most ? "too_many" : null;
}

/** Where the string that begins at `from` ends; the end of the text where it does not. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end < 0) return text.length;
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
    at = end + 1;
  }
}

/** How deep a JSON text nests, and how many braces, commas and colons it has, some ms a MiB. */
export function countParts(text: string): { depth: number; parts: number } {
  let [depth, deepest, parts] = [0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        continue;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > deepest) deepest = depth;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        continue;
      case COMMA:
      case COLON:
        break;
      default:
        continue;
    }
    parts += 1;
  }
  return { depth: deepest, parts };
}
