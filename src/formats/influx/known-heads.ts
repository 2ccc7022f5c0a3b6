import { type Labels, Series } from "../../core/events/series.ts";
import { NewestUsed } from "../../core/limits/newest-used.ts";
import { MAX_LABELS, MAX_SERIES_BYTES } from "../../protocol/events/event.ts";
import { MAX_NAME_LENGTH } from "../../protocol/words/name.ts";
import {
  isSymbol,
  SYSTEM_SYMBOL,
  type SymbolName,
  symbolFault,
} from "../../protocol/words/symbol.ts";
import { utf8Bytes } from "../../protocol/words/utf8.ts";
import { isName } from "../accept.ts";
import { LineReader, type Point } from "./read-line.ts";

/** The tag that names the room. */
const SYMBOL_TAG = "symbol";
const TWICE = "a tag is there twice";
/** The field that needs no name of its own beside its measurement's. */
const LONE_FIELD = "value";
/** Of a head, so that one with ever new fields takes no more room than another. */
const MOST_SERIES = 32;
/** Beside its texts: objects, and what its series are as text. */
const HEAD_CHARS = 200;
/** A text up to which is no part of another in memory. */
const SHORT_CHARS = 12;

/** What measurement and tags of a line say: the room, and what all its series have. */
export class Head {
  readonly symbol: SymbolName;
  readonly labels: Labels | undefined;
  readonly chars: number;
  readonly #measurement: string;
  readonly #areLabels: boolean;
  readonly #isLong: boolean;
  readonly #series = new Map<string, Series>();

  readonly #isKept: boolean;

  private constructor(
    measurement: string,
    { symbol, labels, count, chars }: Tags,
    has: { names: boolean; isKept: boolean },
  ) {
    this.symbol = symbol;
    this.labels = labels;
    this.chars = chars;
    this.#measurement = measurement;
    this.#areLabels = count <= MAX_LABELS && has.names;
    this.#isKept = has.isKept;
    this.#isLong = mayBeLong({ count, chars });
  }

  /**
   * Of a point, or why there can be none. `isNamed`: may a text be a label's name or value? `isKept`: it is for other bodies too, and
   * remembers its series.
   */
  static of(
    { measurement, tags }: Point,
    isNamed: (text: string) => boolean,
    isKept = false,
  ): Head | string {
    const found = tagsOf(tags);
    if (typeof found === "string") return found;
    const names = tags.every(({ key, value }) => isNamed(key) && isNamed(value));
    return new Head(measurement, found, { names, isKept });
  }

  /** What a field is called here. */
  metricOf(field: string): string {
    return field === LONE_FIELD ? this.#measurement : `${this.#measurement}_${field}`;
  }

  /** The series of a field; null where there can be none. */
  seriesOf(field: string, isNamed: (text: string) => boolean): Series | null {
    const known = this.#series.get(field);
    if (known !== undefined) return known;
    if (!this.#areLabels) return null;
    const own = this.#isKept ? copyOf(field) : field;
    const metric = this.metricOf(own);
    if (!isNamed(metric) || (this.#isLong && !hasRoom(metric, this.labels ?? {}))) return null;
    const series = new Series(this.symbol, metric, this.labels, metric.length + this.chars);
    if (this.#isKept && this.#series.size < MOST_SERIES) this.#series.set(own, series);
    return series;
  }
}

/** Heads that lines of before had, by their text: a sender has the same ones in every body. */
export class KnownHeads {
  readonly #heads = new NewestUsed<Head>({ entries: 8_192, chars: 2 * 1024 * 1024 });

  get(text: string): Head | undefined {
    return this.#heads.get(text);
  }

  /** Remembers what a good line began with. */
  keep(text: string): void {
    // Read anew, so that nothing of it is a part of the body's text, which would be held with it.
    const own = copyOf(text);
    const reading = new LineReader(`${own} ${LONE_FIELD}=0`, 1).next();
    const head = reading?.kind === "point" ? Head.of(reading.point, isName, true) : "";
    if (typeof head !== "string") this.#heads.set(own, head, HEAD_CHARS + 4 * own.length);
  }
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** The same text, and no part of a longer one. */
function copyOf(text: string): string {
  return text.length <= SHORT_CHARS ? text : DECODER.decode(ENCODER.encode(text));
}

interface Tags {
  symbol: SymbolName;
  labels: Labels | undefined;
  count: number;
  chars: number;
}

function tagsOf(pairs: Point["tags"]): Tags | string {
  const tags: Tags = { symbol: SYSTEM_SYMBOL, labels: undefined, count: 0, chars: 0 };
  let hasSymbol = false;
  for (const { key, value } of pairs) {
    if (key === SYMBOL_TAG) {
      if (hasSymbol) return TWICE;
      if (!isSymbol(value)) return `the tag symbol ${symbolFault(value)}`;
      tags.symbol = value;
      hasSymbol = true;
      continue;
    }
    if (key === "__proto__") return 'the tags must not hold one named "__proto__"';
    tags.labels ??= {};
    if (tags.labels[key] !== undefined && Object.hasOwn(tags.labels, key)) return TWICE;
    tags.labels[key] = value;
    tags.count += 1;
    tags.chars += key.length + value.length;
  }
  return tags;
}

/** JSON makes at most six bytes of a character, and has six more of its own for each label. */
function mayBeLong({ chars, count }: Pick<Tags, "chars" | "count">): boolean {
  return 6 * (chars + count + MAX_NAME_LENGTH) > MAX_SERIES_BYTES;
}

/** Is the metric, with these labels, within the bytes that a series may have? */
function hasRoom(metric: string, labels: Labels): boolean {
  const text = metric + JSON.stringify(labels);
  // Most are told by this: UTF-8 has at most three bytes for each unit.
  return 3 * text.length <= MAX_SERIES_BYTES || utf8Bytes(text) <= MAX_SERIES_BYTES;
}
