import type { AddressedEvent } from "../../core/events/encode-events.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { MAX_ISSUES } from "../decoded.ts";
import { type AddressedLine, readLogLine, readTextLine } from "./log-line.ts";

/** Longer lines are refused unread: to parse one of this length takes some ms. */
export const MOST_LINE_CHARS = 131_072;

const NEWLINE = 0x0a;

/** What is read in one turn, for a line of many fields takes as long as a thousand short ones. */
const TURN_CHARS = 65_536;

/** Why a line was not taken. Lines are counted from 1; of an array its elements are. */
export interface LineFault {
  line: number;
  why: string;
}

export interface LogTerms {
  nowUs: EpochUs;
  /** Lines of a request; 0 is no limit. */
  mostLines: number;
  /** May the sender write to it? */
  mayWrite: (symbol: SymbolName) => boolean;
}

/** `chars`: how many there are up to the end of the line. A blank line has an empty text. */
type UnreadText = { line: number; text: string; chars: number };
type Unread = { line: number; value: unknown } | UnreadText;

/** Decodes log lines one by one: what is wrong with one is no other's concern (SPEC LG-6). */
export class LogLineDecoder {
  readonly items: AddressedEvent[] = [];
  /** The first faults, of at most 20 lines. */
  readonly faults: LineFault[] = [];
  refused = 0;
  /** Of those refused, how many the sender's token is not for. */
  forbidden = 0;
  readonly #terms: LogTerms;
  readonly #lines: Iterator<Unread>;
  #seen = 0;

  /** `values`: the elements of a JSON array, or its one object. */
  static ofValues(values: readonly unknown[], terms: LogTerms): LogLineDecoder {
    return new LogLineDecoder(
      values.map((value, at) => ({ line: at + 1, value }))[Symbol.iterator](),
      terms,
    );
  }

  /** `text`: a JSON object a line, or what a logger prints for a terminal. */
  static ofText(text: string, terms: LogTerms): LogLineDecoder {
    return new LogLineDecoder(linesOf(text), terms);
  }

  private constructor(lines: Iterator<Unread>, terms: LogTerms) {
    this.#lines = lines;
    this.#terms = terms;
  }

  /** Decodes at most so many lines more, and of long ones fewer. */
  decodeSome(most: number): "more" | "done" | "too_many" {
    for (let count = 0, chars = 0; count < most && chars < TURN_CHARS; ) {
      const { value: next, done } = this.#lines.next();
      if (done === true || next === undefined) return "done";
      if ("text" in next) {
        chars += next.chars;
        if (next.text === "") continue;
      }
      count += 1;
      this.#seen += 1;
      if (this.#terms.mostLines > 0 && this.#seen > this.#terms.mostLines) return "too_many";
      const taken = "text" in next ? this.#readText(next.text) : this.#readValue(next.value);
      if (typeof taken === "string") this.#refuse(next.line, taken);
      else this.#take(next.line, taken);
    }
    return "more";
  }

  #take(line: number, taken: AddressedLine): void {
    if (this.#terms.mayWrite(taken.symbol)) {
      this.items.push(taken);
      return;
    }
    this.forbidden += 1;
    this.#refuse(line, `the token is not for ${taken.symbol}`);
  }

  #refuse(line: number, why: string): void {
    this.refused += 1;
    if (this.faults.length < MAX_ISSUES) this.faults.push({ line, why });
  }

  #readText(text: string): AddressedLine | string {
    if (text.length > MOST_LINE_CHARS) return `is longer than ${MOST_LINE_CHARS} characters`;
    // What is no object, and no text between quotes, is a line for people.
    if (!/^["{]/.test(text)) return readTextLine(text, this.#terms.nowUs);
    try {
      return this.#readValue(JSON.parse(text));
    } catch (error) {
      if (text.startsWith('"')) return readTextLine(text, this.#terms.nowUs);
      return `is not JSON: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #readValue(value: unknown): AddressedLine | string {
    if (typeof value === "string") return readTextLine(value, this.#terms.nowUs);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return "is no object";
    }
    return readLogLine(value as Record<string, unknown>, this.#terms.nowUs);
  }
}

/** Blank lines are gathered: to pass over very many of them takes long, and to say each longer. */
function* linesOf(text: string): Generator<UnreadText> {
  let line = 0;
  for (let from = 0; from <= text.length; ) {
    const start = from;
    while (text.charCodeAt(from) === NEWLINE && from - start < TURN_CHARS) from += 1;
    if (from > start) {
      line += from - start;
      yield { line, text: "", chars: from - start };
    }
    const end = text.indexOf("\n", from);
    const to = end < 0 ? text.length : end;
    line += 1;
    // Where files are joined a mark of byte order may begin any line.
    const one = text
      .slice(from, to)
      .replace(/^\uFEFF/, "")
      .trim();
    yield { line, text: one, chars: to + 1 - from };
    from = to + 1;
  }
}
