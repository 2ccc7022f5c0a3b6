import { endOfNumber, endOfObject } from "../events/scan-points.ts";
import { Run } from "./commit-run.ts";
import { seriesText } from "./series-text.ts";

/** Spellings that are known from one commit to the next, at the most: labels with ever new values must not fill the memory. */
const MOST_SPELLINGS = 2_000;

const HEAD = '{"kind":"metric","ts":';
const METRIC = ',"metric":"';
const VALUE = '","value":';
const LABELS = ',"labels":{';
const [COMMA, MINUS, POINT, CLOSE] = [0x2c, 0x2d, 0x2e, 0x7d];
const [DIGIT_0, DIGIT_9] = [0x30, 0x39];
/** So many digits are an integer that a double holds, and so is each power of ten here: their quotient is the nearest double. */
const MOST_DIGITS = 15;
const POWERS = Array.from({ length: MOST_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/** Who reads a series. Asked when the series is met. */
type ReadersOf<Reader> = (
  metric: string,
  labels: Readonly<Record<string, string>>,
) => readonly Reader[];

/** A series, however it is spelled. */
interface Series<Reader> {
  readonly readers: readonly Reader[];
  /** What this commit has of it, in the order of the log; null where it has none. */
  run: Run | null;
}

/** A series as a producer spells it. Its labels in another order are another spelling of the same series. */
interface Spelling<Reader> {
  /** Between a point's moment and its value. */
  readonly before: string;
  /** Behind its value. */
  readonly behind: string;
  readonly series: Series<Reader>;
  /** What came after it last, as it mostly will again. */
  next: Spelling<Reader> | null;
}

/**
 * The points of a commit, by series, for those who read them. It reads the text of frames where it stands: producers send the same series in the same
 * order again and again, so each point is compared with what came there last, and nothing but its numbers is made a value.
 */
export class PointRuns<Reader> {
  readonly #readersOf: ReadersOf<Reader>;
  /** By metric and labels as they are spelled. */
  #spellings = new Map<string, Map<string, Spelling<Reader>>>();
  /** By metric and `seriesText`. */
  #series = new Map<string, Map<string, Series<Reader>>>();
  #count = 0;
  #last: Spelling<Reader> | null = null;
  #touched: Series<Reader>[] = [];
  /** Behind what was read last. */
  #at = 0;

  constructor(readersOf: ReadersOf<Reader>) {
    this.#readersOf = readersOf;
  }

  /** A point that is no text. `labels`: as JSON has them; empty where it has none. */
  add(metric: string, labels: string, ts: number, value: number, atUs: number): void {
    this.#addTo(this.#spelling(metric, labels), ts, value, atUs);
  }

  /**
   * The points of an encoded frame, read as `encodeFrame` writes them, up to the first event that is none, or is written in another way. Gives where that begins: the
   * length of the text where there is none.
   */
  read(text: string, atUs: number): number {
    if (text.includes("\\")) return 0;
    let before = this.#last;
    let expected = before?.next ?? null;
    let at = 0;
    while (at < text.length) {
      if (!text.startsWith(HEAD, at)) return at;
      const ts = this.#integer(text, at + HEAD.length);
      if (ts === null) return at;
      const spellingAt = this.#at;
      let value = expected === null ? null : this.#valueIn(text, spellingAt, expected);
      if (value === null) {
        expected = this.#spelled(text, spellingAt);
        value = expected === null ? null : this.#valueIn(text, spellingAt, expected);
        if (expected === null || value === null) return at;
        if (before !== null) before.next = expected;
      }
      if (this.#at < text.length && text.charCodeAt(this.#at) !== COMMA) return at;
      this.#addTo(expected as Spelling<Reader>, ts, value, atUs);
      before = this.#last = expected;
      expected = before?.next ?? null;
      at = this.#at + 1;
    }
    return text.length;
  }

  /** What has come since it was asked last, each with who reads it; the next commit begins anew. */
  take(): readonly (readonly [readers: readonly Reader[], run: Run])[] {
    const taken: (readonly [readonly Reader[], Run])[] = [];
    for (const series of this.#touched) {
      if (series.run !== null) taken.push([series.readers, series.run]);
      series.run = null;
    }
    this.#touched = [];
    // Not within a commit: a series that is met again would have a second run in it.
    if (this.#count > MOST_SPELLINGS) this.#forget();
    return taken;
  }

  #addTo({ series }: Spelling<Reader>, ts: number, value: number, atUs: number): void {
    if (series.readers.length === 0) return;
    if (series.run === null) {
      series.run = new Run(atUs);
      this.#touched.push(series);
    }
    series.run.add(ts, value);
  }

  #forget(): void {
    this.#spellings = new Map();
    this.#series = new Map();
    this.#count = 0;
    this.#last = null;
  }

  #spelling(metric: string, labels: string): Spelling<Reader> {
    const known = this.#spellings.get(metric)?.get(labels);
    if (known !== undefined) return known;
    this.#count += 1;
    const spelling: Spelling<Reader> = {
      before: copied(`${METRIC}${metric}${VALUE}`),
      behind: labels === "" ? "}" : copied(`,"labels":${labels}}`),
      series: this.#seriesOf(metric, labels),
      next: null,
    };
    const ofMetric = this.#spellings.get(metric) ?? new Map<string, Spelling<Reader>>();
    this.#spellings.set(metric, ofMetric.set(labels, spelling));
    return spelling;
  }

  #seriesOf(metric: string, labels: string): Series<Reader> {
    const has = labels === "" ? {} : (JSON.parse(labels) as Record<string, string>);
    const name = seriesText({ metric, labels: has });
    const known = this.#series.get(metric)?.get(name);
    if (known !== undefined) return known;
    const series: Series<Reader> = { readers: this.#readersOf(metric, has), run: null };
    const ofMetric = this.#series.get(metric) ?? new Map<string, Series<Reader>>();
    this.#series.set(metric, ofMetric.set(name, series));
    return series;
  }

  /** The series that is spelled here; null where none is. */
  #spelled(text: string, at: number): Spelling<Reader> | null {
    if (!text.startsWith(METRIC, at)) return null;
    const metricAt = at + METRIC.length;
    const metricEnd = text.indexOf('"', metricAt);
    if (metricEnd < 0 || !text.startsWith(VALUE, metricEnd)) return null;
    const valueEnd = endOfNumber(text, metricEnd + VALUE.length);
    if (!text.startsWith(LABELS, valueEnd))
      return this.#spelling(text.slice(metricAt, metricEnd), "");
    const labelsAt = valueEnd + LABELS.length - 1;
    const labels = text.slice(labelsAt, endOfObject(text, labelsAt));
    return this.#spelling(text.slice(metricAt, metricEnd), labels);
  }

  /** The value of a point of this series; null where it is of another one. */
  #valueIn(text: string, at: number, { before, behind }: Spelling<Reader>): number | null {
    if (!text.startsWith(before, at)) return null;
    const value = this.#number(text, at + before.length);
    if (value === null || !text.startsWith(behind, this.#at)) return null;
    this.#at += behind.length;
    return value;
  }

  /** The integer that begins here, of few enough digits for a double; null where none does. */
  #integer(text: string, from: number): number | null {
    const isNegative = text.charCodeAt(from) === MINUS;
    const first = isNegative ? from + 1 : from;
    let at = first;
    let value = 0;
    for (; ; at += 1) {
      const code = text.charCodeAt(at);
      if (!(code >= DIGIT_0 && code <= DIGIT_9)) break;
      value = value * 10 + (code - DIGIT_0);
    }
    this.#at = at;
    if (at === first || at - first > MOST_DIGITS + 1) return null;
    return isNegative ? -value : value;
  }

  /** The number that begins here; null where none does. */
  #number(text: string, from: number): number | null {
    const isNegative = text.charCodeAt(from) === MINUS;
    let at = isNegative ? from + 1 : from;
    let digits = 0;
    let pointAt = -1;
    let mantissa = 0;
    for (; ; at += 1) {
      const code = text.charCodeAt(at);
      if (code >= DIGIT_0 && code <= DIGIT_9) {
        mantissa = mantissa * 10 + (code - DIGIT_0);
        digits += 1;
      } else if (code === POINT && pointAt < 0) pointAt = at;
      else break;
    }
    const code = text.charCodeAt(at);
    const isPlain = (code === COMMA || code === CLOSE) && digits > 0 && digits <= MOST_DIGITS;
    if (!isPlain) {
      // Exponents, and more digits than a double holds.
      this.#at = endOfNumber(text, from);
      const value = this.#at === from ? Number.NaN : Number(text.slice(from, this.#at));
      return Number.isNaN(value) ? null : value;
    }
    this.#at = at;
    const value = pointAt < 0 ? mantissa : mantissa / (POWERS[at - pointAt - 1] as number);
    return isNegative ? -value : value;
  }
}

/**
 * The same characters, in one piece and for themselves: V8 compares a string of parts five times as slowly, and a part of a frame's text keeps
 * the whole of it in memory.
 */
function copied(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
