import { MAX_LABELS } from "../../protocol/events/event.ts";
import { STEP_BYTES } from "../in-steps.ts";

/*
 * Line protocol as InfluxDB 1 and 2 read it: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/. A backslash
 * escapes a character that would end what it stands in, and is itself before any other. A quoted value may hold newlines.
 */

/** The labels, and the one that names the room. */
const MOST_TAGS = MAX_LABELS + 1;

/** A field as it stands there: `text` is what the quotes hold of a quoted one, raw; else the value. */
export interface Field {
  key: string;
  value: string;
  isQuoted: boolean;
}

/** What follows measurement and tags. `time` is "" where there is none. */
interface Fields {
  fields: Field[];
  time: string;
}

/** One point as written. */
export interface Point extends Fields {
  measurement: string;
  tags: { key: string; value: string }[];
}

/** The rest of a point whose measurement and tags are known by their text. */
interface KnownPoint<Head> extends Fields {
  head: Head;
}

/** Longer lines are refused: what is read of one is read in one turn, some ms. */
export const MOST_LINE_CHARS = STEP_BYTES;

/** `at`: where the line begins. `text`: of measurement and tags; empty where that cannot be told at once. */
export type LineReading<Head> =
  | { kind: "point"; at: number; point: Point; text: string }
  | { kind: "known"; at: number; point: KnownPoint<Head> }
  | { kind: "fault"; at: number; why: string }
  /** So much was passed over that others come first. */
  | { kind: "pause" };

const [TAB, NEWLINE, RETURN, SPACE, QUOTE, HASH] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x23];
const [COMMA, EQUALS, BACKSLASH] = [0x2c, 0x3d, 0x5c];

const ESCAPED_IN_MEASUREMENT = /\\([, ])/g;
const ESCAPED_IN_KEY = /\\([,= ])/g;

/** Longer than measurement and tags of most lines, of which the text is looked up. */
const MOST_HEAD_CHARS = 1_000;

const TOO_LONG = `the line is longer than ${MOST_LINE_CHARS} characters: write several`;

/** Reads the lines of a body one after another, each character a bounded number of times whatever it holds. */
export class LineReader<Head = never> {
  readonly #text: string;
  readonly #hasEscapes: boolean;
  readonly #mostFields: number;
  readonly #known: { get(head: string): Head | undefined } | null;
  #at = 0;
  /** How far the line at hand may reach. */
  #most = 0;
  /** In a comment that a turn has ended in. */
  #isComment = false;
  /** It is wrong, and its end not found yet; and where the quotes begin that are being passed over, -1 where there are none. */
  #isSkipping = false;
  #openedAt = -1;
  #countedTo = 0;
  #newlines = 0;

  /** A line of more than `mostFields` is wrong, and so is one of more tags than a point may have: neither is gathered. */
  constructor(
    text: string,
    mostFields: number,
    known: { get(head: string): Head | undefined } | null = null,
  ) {
    this.#text = text;
    this.#mostFields = mostFields;
    this.#known = known;
    this.#hasEscapes = text.includes("\\");
  }

  /** The next line that is neither blank nor a comment; null where there is none. A fault ends with its line. */
  next(): LineReading<Head> | null {
    if (this.#isSkipping && !this.#skipSome()) return { kind: "pause" };
    if (!this.#findPoint()) return { kind: "pause" };
    const at = this.#at;
    if (at >= this.#text.length) return null;
    this.#most = Math.min(this.#text.length, at + MOST_LINE_CHARS);
    const text = this.#known === null ? "" : this.#headText(at);
    const head = text === "" ? undefined : this.#known?.get(text);
    if (head === undefined) {
      const read = this.#readPoint();
      return typeof read === "string"
        ? this.#faultAt(at, read)
        : { kind: "point", at, point: read, text };
    }
    this.#at = at + text.length;
    const read = this.#readFields();
    return typeof read === "string"
      ? this.#faultAt(at, read)
      : { kind: "known", at, point: { head, ...read } };
  }

  #faultAt(at: number, why: string): LineReading<Head> {
    const isTooLong = this.#at >= this.#most && this.#most < this.#text.length;
    this.#isSkipping = true;
    return { kind: "fault", at, why: isTooLong ? TOO_LONG : why };
  }

  /** How far it has read. */
  get place(): number {
    return this.#at;
  }

  /** What stands before the first space of the line; empty where that is long, or a backslash may mean another. */
  #headText(at: number): string {
    const text = this.#text;
    const most = Math.min(text.length, at + MOST_HEAD_CHARS);
    for (let end = at; end < most; end += 1) {
      const code = text.charCodeAt(end);
      if (code === SPACE) return text.slice(at, end);
      if (code === BACKSLASH || code === NEWLINE) return "";
    }
    return "";
  }

  /** Number of the line that a place is in, from 1 on. Cheap where places are asked for in order. */
  lineOf(at: number): number {
    const text = this.#text;
    if (at < this.#countedTo) [this.#countedTo, this.#newlines] = [0, 0];
    let newlines = this.#newlines;
    // One by one: a call for each of eight million newlines takes a third of a second.
    for (let one = this.#countedTo; one < at; one += 1) {
      if (text.charCodeAt(one) === NEWLINE) newlines += 1;
    }
    this.#newlines = newlines;
    this.#countedTo = at;
    return newlines + 1;
  }

  /** Passes over what is blank, and comments; false where others come first. */
  #findPoint(): boolean {
    const text = this.#text;
    const turnEnd = this.#at + STEP_BYTES;
    let at = this.#at;
    let isComment = this.#isComment;
    for (; at < text.length && at < turnEnd; at += 1) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE) isComment = false;
      else if (code === HASH) isComment = true;
      else if (!isComment && code !== SPACE && code !== TAB && code !== RETURN) break;
    }
    this.#at = at;
    this.#isComment = isComment && at === turnEnd;
    return at < turnEnd || at === text.length;
  }

  /** The point that begins here, or why there is none. */
  #readPoint(): Point | string {
    const measurement = this.#token(COMMA, SPACE, ESCAPED_IN_MEASUREMENT);
    if (measurement === "") return "the measurement is missing";
    const tags: Point["tags"] = [];
    while (this.#isAt(COMMA)) {
      this.#at += 1;
      const key = this.#token(EQUALS, COMMA, ESCAPED_IN_KEY, SPACE);
      if (!this.#isAt(EQUALS)) return "a tag has no value: write key=value";
      this.#at += 1;
      const value = this.#token(COMMA, SPACE, ESCAPED_IN_KEY, EQUALS);
      if (key === "" || value === "")
        return "a tag has an empty key or an empty value: leave it out";
      if (this.#isAt(EQUALS)) return `the tag ${key} has an = in its value: write it as \\=`;
      tags.push({ key, value });
      if (tags.length > MOST_TAGS) return `the tags must hold at most ${MAX_LABELS} labels`;
    }
    const rest = this.#readFields();
    return typeof rest === "string" ? rest : { measurement, tags, ...rest };
  }

  #readFields(): Fields | string {
    this.#skipSpaces();
    if (this.#isAtEnd()) return "the fields are missing: write measurement,tag=text field=1.5";
    const fields: Field[] = [];
    for (;;) {
      const key = this.#token(EQUALS, COMMA, ESCAPED_IN_KEY, SPACE);
      if (!this.#isAt(EQUALS)) return "a field has no value: write key=value";
      if (key === "") return "a field has an empty key";
      this.#at += 1;
      const field = this.#readValue(key);
      if (typeof field === "string") return field;
      fields.push(field);
      if (fields.length > this.#mostFields) {
        return `a line may have ${this.#mostFields} fields (LIMIT_EVENTS): write several`;
      }
      if (!this.#isAt(COMMA)) break;
      this.#at += 1;
    }
    const fieldsEnd = this.#at;
    this.#skipSpaces();
    if (this.#at === fieldsEnd && !this.#isAtEnd())
      return "something follows the quotes of a field";
    const time = this.#word();
    this.#skipSpaces();
    if (!this.#isAtEnd()) return "something follows the time";
    return { fields, time };
  }

  #readValue(key: string): Field | string {
    if (!this.#isAt(QUOTE)) return { key, value: this.#word(), isQuoted: false };
    const from = this.#at + 1;
    const end = endOfQuotes(this.#text, from, this.#most);
    if (end < 0) {
      if (this.#most < this.#text.length) {
        this.#at = ~end;
        this.#openedAt = from;
      }
      return `the quotes of the field ${key} are not closed`;
    }
    this.#at = end + 1;
    return { key, value: this.#text.slice(from, end), isQuoted: true };
  }

  /** Up to one of these that is not escaped, or the end of the line. */
  #token(one: number, other: number, escaped: RegExp, third = one): string {
    const text = this.#text;
    const from = this.#at;
    let at = from;
    for (; at < this.#most; at += 1) {
      const code = text.charCodeAt(at);
      if (code === one || code === other || code === third || code === NEWLINE) {
        if (code === NEWLINE || at === from || text.charCodeAt(at - 1) !== BACKSLASH) break;
      }
    }
    this.#at = at;
    const token = text.slice(from, at);
    return this.#hasEscapes ? token.replace(escaped, "$1") : token;
  }

  /** Up to a comma, a space or the end of the line. */
  #word(): string {
    const text = this.#text;
    const from = this.#at;
    let at = from;
    for (; at < this.#most; at += 1) {
      const code = text.charCodeAt(at);
      if (code === COMMA || code === SPACE || code === NEWLINE || code === RETURN) break;
    }
    this.#at = at;
    return text.slice(from, at);
  }

  #skipSpaces(): void {
    const text = this.#text;
    for (; this.#at < this.#most; this.#at += 1) {
      const code = text.charCodeAt(this.#at);
      if (code !== SPACE && code !== TAB && code !== RETURN) return;
    }
  }

  /**
   * Goes to the end of a line that is wrong; false where others come first. What stands in quotes is no line of its own, as long as they
   * are closed.
   */
  #skipSome(): boolean {
    const text = this.#text;
    const turnEnd = Math.min(text.length, this.#at + STEP_BYTES);
    for (let lineEnd = -1; ; ) {
      if (this.#openedAt < 0) {
        if (this.#at > lineEnd) lineEnd = this.#endOfLine();
        // Not looked for beyond this line: many of them would each be read to the end of the text.
        const opened = text.slice(this.#at, Math.min(lineEnd, turnEnd + 1)).indexOf('="');
        if (opened < 0) {
          if (lineEnd <= turnEnd) return this.#endSkip(lineEnd);
          this.#at = turnEnd;
          return false;
        }
        this.#at += opened + 2;
        this.#openedAt = this.#at;
      }
      const closed = endOfQuotes(text, this.#at, Math.max(turnEnd, this.#at));
      if (closed < 0) {
        this.#at = ~closed;
        if (this.#at < text.length) return false;
        this.#at = this.#openedAt;
        return this.#endSkip(this.#endOfLine());
      }
      this.#at = closed + 1;
      this.#openedAt = -1;
    }
  }

  #endSkip(lineEnd: number): true {
    this.#at = lineEnd;
    this.#openedAt = -1;
    this.#isSkipping = false;
    return true;
  }

  #endOfLine(): number {
    const end = this.#text.indexOf("\n", this.#at);
    return end < 0 ? this.#text.length : end;
  }

  #isAt(code: number): boolean {
    return this.#text.charCodeAt(this.#at) === code;
  }

  #isAtEnd(): boolean {
    return this.#at >= this.#text.length || this.#isAt(NEWLINE);
  }
}

/** Where quotes that were opened before `from` are closed. Where they are not, before `most`: `~` of the place to go on from. */
function endOfQuotes(text: string, from: number, most: number): number {
  let at = from;
  for (; at < most; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return ~at;
}
