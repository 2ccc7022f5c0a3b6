import type { AddressedEvent } from "../../core/events/encode-events.ts";
import { readTimestamp, type TimestampReading } from "../../core/time/timestamp.ts";
import {
  MAX_LABELS,
  MAX_SERIES_BYTES,
  type MetricEvent,
  metricPushSchema,
} from "../../protocol/events/event.ts";
import {
  isSymbol,
  SYSTEM_SYMBOL,
  type SymbolName,
  symbolFault,
} from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { utf8Bytes } from "../../protocol/words/utf8.ts";
import { hasPlainLabels, isName } from "../accept.ts";
import { MAX_ISSUES } from "../decoded.ts";
import { readFieldValue } from "./field-value.ts";
import type { Precision } from "./precision.ts";
import { LineReader, type Point } from "./read-line.ts";

/** The tag that names the room. */
const SYMBOL_TAG = "symbol";
/** The field that needs no name of its own beside its measurement's. */
const LONE_FIELD = "value";

/** What a line that is not taken is said to have. */
export interface LineFault {
  line: number;
  message: string;
}

/** Most events and lines of a body, and most characters of all its events written out; 0 is no limit. */
export interface LineLimits {
  events: number;
  chars: number;
}

type Labels = Record<string, string>;
type Taken = { symbol: SymbolName; events: MetricEvent[]; chars: number };

/**
 * Decodes line protocol, line by line (SPEC LP-1 to LP-5): a line is taken whole or not at all, whatever the others are. Fields of
 * text are no numbers: they are counted and left out.
 */
export class LineDecoder {
  readonly items: AddressedEvent[] = [];
  /** The first faults, of at most 20 lines. */
  readonly faults: LineFault[] = [];
  /** Lines that are neither blank nor comments, and how many of them were not taken. */
  lines = 0;
  refused = 0;
  leftOutTexts = 0;
  readonly #reader: LineReader;
  readonly #precision: Precision;
  readonly #nowUs: EpochUs;
  readonly #limits: LineLimits;
  #chars = 0;
  #newest: { text: string; reading: TimestampReading } | null = null;

  constructor(text: string, precision: Precision, nowUs: EpochUs, limits: LineLimits) {
    this.#reader = new LineReader(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
    this.#precision = precision;
    this.#nowUs = nowUs;
    this.#limits = limits;
  }

  /** Decodes at most about so many events more. */
  decodeSome(most: number): "more" | "done" | "too_many" {
    const { lines: linesBefore } = this;
    const enough = this.items.length + most;
    while (this.items.length < enough && this.lines < linesBefore + most) {
      const reading = this.#reader.next();
      if (reading === null) return "done";
      this.lines += 1;
      const taken = reading.kind === "fault" ? reading.why : this.#take(reading.point);
      if (typeof taken === "string") this.#refuse(reading.at, taken);
      else this.#add(taken);
      const { events, chars } = this.#limits;
      if (events > 0 && (this.lines > events || this.items.length > events)) return "too_many";
      if (chars > 0 && this.#chars > chars) return "too_many";
    }
    return "more";
  }

  #add({ symbol, events, chars }: Taken): void {
    this.#chars += chars;
    for (const event of events) this.items.push({ symbol, event });
  }

  #refuse(at: number, why: string): void {
    this.refused += 1;
    if (this.faults.length === MAX_ISSUES) return;
    this.faults.push({ line: this.#reader.lineOf(at), message: why });
  }

  /** The events of a point, or why it is not taken. */
  #take(point: Point): Taken | string {
    const tags = labelsOf(point.tags);
    if (typeof tags === "string") return tags;
    const { symbol = SYSTEM_SYMBOL, labels, chars: labelChars } = tags;
    const moment = this.#momentOf(point.time);
    if (moment.kind === "refused") return `the time ${moment.message}`;
    const hasRoom =
      labels === undefined || hasPlainLabels(labels) ? () => true : roomBeside(labels);
    const events: MetricEvent[] = [];
    let texts = 0;
    let chars = 0;
    for (const { key, value, isQuoted } of point.fields) {
      if (isQuoted) {
        texts += 1;
        continue;
      }
      const number = readFieldValue(value);
      if (number.kind === "refused") return `the field ${key} ${number.why}`;
      const metric = key === LONE_FIELD ? point.measurement : `${point.measurement}_${key}`;
      if (!isName(metric) || !hasRoom(metric)) {
        // Words are dear, and those of the first faults are enough.
        return this.faults.length < MAX_ISSUES ? wordsOf(metric, labels) : "";
      }
      const event: MetricEvent = { kind: "metric", ts: moment.us, metric, value: number.value };
      if (labels !== undefined) event.labels = labels;
      events.push(event);
      chars += metric.length + labelChars;
    }
    this.leftOutTexts += texts;
    return { symbol, events, chars };
  }

  #momentOf(text: string): TimestampReading {
    if (text === "") return { kind: "moment", us: this.#nowUs };
    // Lines of one body seldom have many different moments.
    if (this.#newest?.text === text) return this.#newest.reading;
    const reading = this.#readTime(text);
    this.#newest = { text, reading };
    return reading;
  }

  #readTime(text: string): TimestampReading {
    if (!/^-?\d{1,19}$/.test(text)) return { kind: "refused", message: "is no integer" };
    const { unit, times } = this.#precision;
    return readTimestamp(times === 1 ? text : Number(text) * times, this.#nowUs, unit);
  }
}

/** Labels of the tags but `symbol`, and the room that it names; or what is wrong with them. */
function labelsOf(
  tags: Point["tags"],
): { symbol?: SymbolName; labels: Labels | undefined; chars: number } | string {
  let symbol: SymbolName | undefined;
  let labels: Labels | undefined;
  let chars = 0;
  for (const { key, value } of tags) {
    if (key === "__proto__") return 'the tags must not hold one named "__proto__"';
    if (key === SYMBOL_TAG && symbol === undefined) {
      if (!isSymbol(value)) return `the tag symbol ${symbolFault(value)}`;
      symbol = value;
      continue;
    }
    labels ??= {};
    if (key === SYMBOL_TAG || Object.hasOwn(labels, key)) return "a tag is there twice";
    labels[key] = value;
    chars += key.length + value.length;
  }
  return { ...(symbol !== undefined && { symbol }), labels, chars };
}

/** Is a metric of this name, with these labels, within what a series may have? */
function roomBeside(labels: Labels): (metric: string) => boolean {
  const entries = Object.entries(labels);
  const areGood = entries.every(([key, text]) => isName(key) && isName(text));
  if (!areGood || entries.length > MAX_LABELS) return () => false;
  const bytes = utf8Bytes(JSON.stringify(labels));
  return (metric) => bytes + utf8Bytes(metric) <= MAX_SERIES_BYTES;
}

/** Why there is no such series, in the words of every push. */
function wordsOf(metric: string, labels: Labels | undefined): string {
  const result = metricPushSchema.safeParse({ metric, value: 0, labels });
  const [issue] = result.error?.issues ?? [];
  if (issue === undefined) return "its names and tags make no series";
  const { path, message } = issue;
  const what = path[0] === "metric" ? "measurement and field together" : "the tags";
  const which = path.length > 1 ? ` (${path.slice(1).map(String).join(".")})` : "";
  return `${what}${which} ${message}`;
}
