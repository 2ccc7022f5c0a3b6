import { endOfNumber, endOfObject, LABELS, METRIC, POINT_HEAD, VALUE } from "./scan-points.ts";

const [COMMA, MINUS, POINT, CLOSE] = [0x2c, 0x2d, 0x2e, 0x7d];
const [DIGIT_0, DIGIT_9] = [0x30, 0x39];
/** So many digits are an integer that a double holds, and so is each power of ten here: their quotient is the nearest double. */
const MOST_DIGITS = 15;
const POWERS = Array.from({ length: MOST_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/** A series as a producer spells it. Its labels in another order are another spelling of the same series. */
interface Spelling<Series> {
  /** Between a point's moment and its value. */
  readonly before: string;
  /** Behind its value. */
  readonly behind: string;
  readonly series: Series;
  /** What came after it last, as it mostly will again. */
  next: Spelling<Series> | null;
}

/**
 * Reads the points of encoded frames where they stand in the text, and knows each point's series by how it is spelled. Producers send the same series in the same order again
 * and again, and their frames follow each other as they did before: so each point is compared with what came there last, and nothing but its numbers is made a value.
 */
export class PointReader<Series> {
  readonly #learn: (metric: string, labels: string) => Series;
  /** By metric and labels as they are spelled. */
  #spellings = new Map<string, Map<string, Spelling<Series>>>();
  /** How many spellings are known. */
  size = 0;
  #last: Spelling<Series> | null = null;
  /** Behind what was read last. */
  #at = 0;

  /**
   * `learn`: the series that is spelled like this; `labels` as JSON has them, empty where it has none. It is asked once for each spelling, and may keep both texts.
   */
  constructor(learn: (metric: string, labels: string) => Series) {
    this.#learn = learn;
  }

  /** The series of a point that is no text; `labels` as above. */
  series(metric: string, labels: string): Series {
    return this.#spelling(metric, labels).series;
  }

  /**
   * Hands over the points of a frame as `encodeFrame` writes them, in order, up to the first event that is none, or is written in another way. Gives where that begins: the
   * length of the text where there is none. `decodeFrame` reads the rest.
   */
  read(text: string, take: (series: Series, ts: number, value: number) => void): number {
    if (text.includes("\\")) return 0;
    let before = this.#last;
    let at = 0;
    while (at < text.length) {
      if (!text.startsWith(POINT_HEAD, at)) break;
      const ts = this.#integer(text, at + POINT_HEAD.length);
      if (ts === null) break;
      const spellingAt = this.#at;
      let spelling = before === null ? null : before.next;
      let value = spelling === null ? null : this.#valueIn(text, spellingAt, spelling);
      if (value === null) {
        spelling = this.#spelled(text, spellingAt);
        value = spelling === null ? null : this.#valueIn(text, spellingAt, spelling);
      }
      if (spelling === null || value === null) break;
      if (this.#at < text.length && text.charCodeAt(this.#at) !== COMMA) break;
      if (before !== null) before.next = spelling;
      before = spelling;
      at = this.#at + 1;
      take(spelling.series, ts, value);
    }
    this.#last = before;
    return Math.min(at, text.length);
  }

  /** All spellings are learned anew. */
  forget(): void {
    this.#spellings = new Map();
    this.size = 0;
    this.#last = null;
  }

  #spelling(metric: string, labels: string): Spelling<Series> {
    const known = this.#spellings.get(metric)?.get(labels);
    if (known !== undefined) return known;
    const own = { metric: copied(metric), labels: copied(labels) };
    this.size += 1;
    const spelling: Spelling<Series> = {
      before: copied(`${METRIC}${metric}${VALUE}`),
      behind: labels === "" ? "}" : copied(`,"labels":${labels}}`),
      series: this.#learn(own.metric, own.labels),
      next: null,
    };
    const ofMetric = this.#spellings.get(metric) ?? new Map<string, Spelling<Series>>();
    this.#spellings.set(own.metric, ofMetric.set(own.labels, spelling));
    return spelling;
  }

  /** The series that is spelled here; null where none is. */
  #spelled(text: string, at: number): Spelling<Series> | null {
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

  /** The value of a point that is spelled so; null where it is spelled otherwise. */
  #valueIn(text: string, at: number, { before, behind }: Spelling<Series>): number | null {
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
