import { readTimestamp } from "../core/timestamp.ts";
import type { ProblemIssue } from "../protocol/problem.ts";
import { isSymbol, type SymbolName, symbolFault } from "../protocol/symbol.ts";
import { CURSOR_ORIGIN, type Cursor, type EpochUs } from "../protocol/time.ts";

/** Reads the parameters of one query and gathers what is wrong with them, so that one answer tells everything. */
export class Parameters {
  readonly issues: ProblemIssue[] = [];
  readonly #values: URLSearchParams;
  readonly #nowUs: EpochUs;

  /** `known`: every name the route takes; others are refused, for a misspelt one would go unnoticed. */
  constructor(url: string, known: readonly string[], nowUs: EpochUs) {
    this.#values = new URL(url).searchParams;
    this.#nowUs = nowUs;
    for (const name of new Set(this.#values.keys())) {
      if (!known.includes(name)) {
        this.issues.push({
          path: name,
          message: `is unknown; this route takes ${known.length === 0 ? "no parameters" : known.join(", ")}`,
        });
      }
    }
  }

  text(name: string): string | undefined {
    return this.#values.get(name) ?? undefined;
  }

  refuse(path: string, message: string): void {
    this.issues.push({ path, message });
  }

  /** Whether it is there; where not, says that it must be. */
  required(name: string, what: string): boolean {
    const isThere = (this.text(name) ?? "") !== "";
    if (!isThere) this.refuse(name, `is missing: ${what}`);
    return isThere;
  }

  symbol(name: string, text: string): SymbolName {
    const fault = isSymbol(text) ? null : symbolFault(text);
    if (fault !== null) this.refuse(name, fault);
    return text as SymbolName;
  }

  /** RFC 3339, or integer microseconds. */
  time(name: string): EpochUs | undefined {
    return this.#time(name, this.#nowUs);
  }

  #time(name: string, nowUs: EpochUs): EpochUs | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const reading = readTimestamp(/^-?\d+$/.test(text) ? Number(text) : text, nowUs);
    if (reading.kind === "moment") return reading.us;
    this.refuse(name, reading.message);
    return undefined;
  }

  /** A cursor, or a time; 0 is the beginning of everything. One ahead of the clock, which may have gone back, is good. */
  cursor(name: string): Cursor | undefined {
    if (this.text(name) === "0") return CURSOR_ORIGIN;
    const time = this.#time(name, Number.POSITIVE_INFINITY as EpochUs);
    return time === undefined ? undefined : (Math.max(0, time) as Cursor);
  }

  /** A whole number within bounds, or `fallback` where it is absent. */
  count(name: string, bounds: { min: number; max: number; fallback: number }): number {
    const text = this.text(name);
    if (text === undefined) return bounds.fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= bounds.min && value <= bounds.max) return value;
    this.refuse(name, `must be a whole number from ${bounds.min} to ${bounds.max}`);
    return bounds.fallback;
  }

  /** A number that is `above` one bound and at most the other, or undefined where it is absent. */
  number(name: string, bounds: { above: number; max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    const isNumber = /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(text) && Number.isFinite(value);
    if (isNumber && value > bounds.above && value <= bounds.max) return value;
    this.refuse(name, `must be a number above ${bounds.above} and at most ${bounds.max}`);
    return undefined;
  }

  /** A JSON object of text by text; without it, or empty, no labels. */
  labels(name: string): Record<string, string> {
    const text = this.text(name);
    if (text === undefined || text === "") return {};
    try {
      const value: unknown = JSON.parse(text);
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      if (isObject && Object.values(value).every((label) => typeof label === "string")) {
        return value as Record<string, string>;
      }
    } catch {
      // Said below, with the form that is wanted.
    }
    this.refuse(name, 'must be a JSON object of text by text, such as {"venue":"XNAS"}');
    return {};
  }

  /** One of the words, or `fallback` where it is absent. */
  word<Word extends string>(name: string, words: readonly Word[], fallback: Word): Word {
    const text = this.text(name) ?? fallback;
    const found = words.find((word) => word === text);
    if (found === undefined) this.refuse(name, `must be one of ${words.join(", ")}`);
    return found ?? fallback;
  }
}
