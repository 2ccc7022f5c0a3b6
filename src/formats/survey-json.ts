import { type InSteps, STEP_BYTES } from "./in-steps.ts";

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

/** Of a number, or a word: no double has as many digits, and a parser reads all of them. */
export const MOST_WORD_CHARS = 2_000;
/** Quotes of one text that are looked at in a turn. */
const TURN_QUOTES = 65_536;

/** What makes a body dear to parse and to validate. */
export type Oddity = "too_many" | "too_deep" | "too_intricate" | "too_long_a_number";

/** Where a body may be cut, so that each part of it is parsed by itself: behind a comma between two elements of its array. */
export type Survey = { kind: "odd"; oddity: Oddity } | { kind: "fine"; cuts: readonly number[] };

const [NEWLINE, SPACE, QUOTE, COMMA, COLON] = [0x0a, 0x20, 0x22, 0x2c, 0x3a];
const [OPEN_ARRAY, BACKSLASH, CLOSE_ARRAY] = [0x5b, 0x5c, 0x5d];
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];

const odd = (oddity: Oddity): Survey => ({ kind: "odd", oddity });

/**
 * Looks a JSON text over before it is parsed, some ms a MiB. Its items are the elements of its array, its lines, or
 * itself. `maxItems` 0 is no limit. What is no JSON is left to the parser.
 */
export function* surveyJson(text: string, maxItems: number, isNdjson = false): InSteps<Survey> {
  const most = maxItems === 0 ? Number.POSITIVE_INFINITY : maxItems;
  const itemsDepth = !isNdjson && /^\s*\[/.test(text) ? 1 : 0;
  const cuts: number[] = [];
  let [depth, items, parts, partsOfAll, lines] = [0, isNdjson ? 0 : 1, 0, 0, 0];
  let isBlank = true;
  let turnEnd = STEP_BYTES;
  let cutFrom = STEP_BYTES;
  for (let at = 0; at < text.length; at += 1) {
    if (at > turnEnd) {
      turnEnd = at + STEP_BYTES;
      yield;
    }
    const code = text.charCodeAt(at);
    if (code <= SPACE) {
      if (code !== NEWLINE || !isNdjson) continue;
      lines += 1;
      if (!isBlank) items += 1;
      if (items > most || lines > most * MAX_LINES_AN_ITEM) return odd("too_many");
      [depth, parts, isBlank] = [0, 0, true];
      continue;
    }
    isBlank = false;
    switch (code) {
      case QUOTE:
        for (at = endOfString(text, at); at < 0; at = endOfString(text, -at)) yield;
        continue;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > MAX_DEPTH) return odd("too_deep");
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        continue;
      case COMMA:
        if (depth !== itemsDepth) break;
        items += 1;
        parts = 0;
        if (items > most) return odd("too_many");
        if (at < cutFrom || itemsDepth === 0) continue;
        cuts.push(at);
        cutFrom = at + STEP_BYTES;
        continue;
      case COLON:
        break;
      default:
        at = endOfWord(text, at);
        if (at < 0) return odd("too_long_a_number");
        continue;
    }
    parts += 1;
    partsOfAll += 1;
    if (parts > MAX_PARTS) return odd("too_intricate");
    if (partsOfAll > most * MAX_PARTS_ON_AVERAGE) return odd("too_many");
  }
  if (items + (isNdjson && !isBlank ? 1 : 0) > most) return odd("too_many");
  return { kind: "fine", cuts };
}

/**
 * Where the string that begins at `from` ends; the end of the text where it does not. Where it has very many quotes: how far it was
 * looked at, below 0, to go on from there.
 */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  for (let quotes = 0; quotes < TURN_QUOTES; quotes += 1) {
    const end = text.indexOf('"', at);
    if (end < 0) return text.length;
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
    at = end + 1;
  }
  return 1 - at;
}

/** The last character of the number or word that begins here; -1 where it is longer than any. */
function endOfWord(text: string, from: number): number {
  const most = from + MOST_WORD_CHARS;
  for (let at = from; at <= most; at += 1) {
    if (!isOfWord(text.charCodeAt(at))) return Math.max(from, at - 1);
  }
  return -1;
}

/** Digits, letters, minus and point. Beyond the text there is no code. */
function isOfWord(code: number): boolean {
  return (code > COMMA && code < OPEN_ARRAY && code !== COLON) || (code > 0x60 && code < 0x7b);
}

/**
 * How deep a JSON text nests, and how many braces, commas and colons it has, some ms a MiB. Null where a number or word of it is
 * longer than any.
 */
export function* countParts(text: string): InSteps<{ depth: number; parts: number } | null> {
  let [depth, deepest, parts] = [0, 0, 0];
  let turnEnd = STEP_BYTES;
  for (let at = 0; at < text.length; at += 1) {
    if (at > turnEnd) {
      turnEnd = at + STEP_BYTES;
      yield;
    }
    switch (text.charCodeAt(at)) {
      case QUOTE:
        for (at = endOfString(text, at); at < 0; at = endOfString(text, -at)) yield;
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
        at = endOfWord(text, at);
        if (at < 0) return null;
        continue;
    }
    parts += 1;
  }
  return { depth: deepest, parts };
}
