import { labelsOfPairs } from "../../core/events/labels.ts";
import { readDurationUs } from "../../core/time/duration.ts";
import { readQueryTime } from "../../core/time/query-time.ts";
import { EARLIEST_US, TIME_UNITS, type TimeUnit } from "../../core/time/timestamp.ts";
import type { ProblemIssue } from "../../protocol/answers/problem.ts";
import { INTERVAL_SECONDS, INTERVALS, type Interval } from "../../protocol/words/interval.ts";
import { type LogId, logIdSchema } from "../../protocol/words/log-id.ts";
import { isStorable } from "../../protocol/words/name.ts";
import { isSymbol, type SymbolName, symbolFault } from "../../protocol/words/symbol.ts";
import { CURSOR_ORIGIN, type Cursor, type EpochUs } from "../../protocol/words/time.ts";
import { badParameters } from "../problems/refusal.ts";

export interface TimeRange {
  fromUs: EpochUs;
  toUs: EpochUs;
}

/** Reads the parameters of one query and gathers what is wrong with them, so that one answer tells everything. */
export class Parameters {
  readonly issues: ProblemIssue[] = [];
  readonly #values: URLSearchParams;
  readonly #nowUs: EpochUs;
  /** Parameters of which everything is said already. */
  readonly #withNul = new Set<string>();

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
    const text = this.#values.get(name) ?? undefined;
    if (text?.includes("\u0000") === true) {
      // Postgres cannot hold it, so nothing has such a name.
      this.refuse(name, "must not hold a NUL character");
      this.#withNul.add(name);
    }
    return text;
  }

  /** @throws Refusal where anything is wrong: whoever has read all parameters says so. */
  check(): void {
    if (this.issues.length > 0) throw badParameters(...this.issues);
  }

  refuse(path: string, message: string): void {
    if (!this.#withNul.has(path)) this.issues.push({ path, message });
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

  /** A moment: one that lies ahead is now. Integers are in the unit that `precision` says (SPEC Q-3). */
  time(name: string): EpochUs | undefined {
    const us = this.#time(name, this.#unit());
    return us === undefined ? undefined : (Math.min(us, this.#nowUs) as EpochUs);
  }

  /**
   * `from` and `to`: [fromUs, toUs). A `to` that is absent, or later than `latestUs`, which is now as the route means it, is that; a
   * `from` that is absent is what `fallback` makes of the end, and 0 is the beginning of everything.
   */
  range(latestUs: number, fallback: (toUs: EpochUs) => number): TimeRange {
    const unit = this.#unit();
    const to = this.#time("to", unit);
    const toUs = Math.min(to ?? latestUs, latestUs) as EpochUs;
    const from = this.text("from") === "0" ? EARLIEST_US : this.#time("from", unit);
    const fromUs = (from ?? fallback(toUs)) as EpochUs;
    if (fromUs >= toUs) {
      if (to !== undefined && to <= latestUs) this.refuse("to", "must be later than from");
      else this.refuse("from", "lies ahead of the server's clock");
    }
    return { fromUs, toUs };
  }

  #unit(): TimeUnit | undefined {
    const text = this.text("precision");
    return text === undefined ? undefined : this.word("precision", TIME_UNITS, "us");
  }

  #time(name: string, unit?: TimeUnit): EpochUs | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const reading = readQueryTime(text, this.#nowUs, unit);
    if (reading.kind === "moment") return reading.us;
    this.refuse(name, reading.message);
    return undefined;
  }

  /** A cursor, or a time; 0 is the beginning of everything. One ahead of the clock, which may have gone back, is good. */
  cursor(name: string): Cursor | undefined {
    if (this.text(name) === "0") return CURSOR_ORIGIN;
    const time = this.#time(name);
    return time === undefined ? undefined : (Math.max(0, time) as Cursor);
  }

  /** `since` and `log`: a cursor, and the log that it is of. Without `since` there is nothing that a log could be of. */
  resumption(): { since: Cursor | null; log: LogId | null } {
    const since = this.cursor("since") ?? null;
    const text = this.text("log");
    if (text === undefined) return { since, log: null };
    const { data, error } = logIdSchema.safeParse(text);
    if (error !== undefined) this.refuse("log", error.issues[0]?.message ?? "must be a log id");
    if (this.text("since") === undefined) this.refuse("log", "needs since: a cursor of that log");
    return { since, log: data ?? null };
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

  /** `venue:xnas,side:buy`, or a JSON object of text by text; without it, or empty, no labels. */
  labels(name: string): Record<string, string> {
    const text = this.text(name);
    if (text === undefined || text === "") return {};
    const pairs = labelsOfPairs(text);
    if (pairs !== null) return pairs;
    try {
      const value: unknown = JSON.parse(text);
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      if (isObject && Object.values(value).every((label) => typeof label === "string")) {
        const labels = value as Record<string, string>;
        if (Object.entries(labels).flat().every(isStorable)) return labels;
        this.refuse(name, "must not hold a NUL character or half of a surrogate pair");
        return {};
      }
    } catch {
      // Said below, with the form that is wanted.
    }
    this.refuse(
      name,
      'must be label:value, joined by commas, or a JSON object of text by text, such as {"venue":"XNAS"}',
    );
    return {};
  }

  /** An interval of bars: `1h`, or any other way to say its length (`60m`, `3600`, `1H`). */
  interval(name: string, fallback: Interval): Interval {
    const us = readDurationUs(this.text(name) ?? fallback);
    const found = INTERVALS.find((one) => INTERVAL_SECONDS[one] * 1_000_000 === us);
    if (found === undefined) this.refuse(name, `must be one of ${INTERVALS.join(", ")}`);
    return found ?? fallback;
  }

  /** One of the words, or `fallback` where it is absent. */
  word<Word extends string>(name: string, words: readonly Word[], fallback: Word): Word {
    const text = this.text(name) ?? fallback;
    const found = words.find((word) => word === text);
    if (found === undefined) this.refuse(name, `must be one of ${words.join(", ")}`);
    return found ?? fallback;
  }
}
