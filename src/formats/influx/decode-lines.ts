import type { AddressedEvent } from "../../core/events/encode-events.ts";
import { readTimestamp, type TimestampReading } from "../../core/time/timestamp.ts";
import {
  isStorable,
  MAX_LABELS,
  MAX_NAME_LENGTH,
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
import { isName } from "../accept.ts";
import { MAX_ISSUES } from "../decoded.ts";
import type { LeftOut, TakenInParts } from "../points/points.ts";
import { readFieldValue } from "./field-value.ts";
import type { Precision } from "./precision.ts";
import { LineReader, type Point } from "./read-line.ts";

/** The tag that names the room. */
const SYMBOL_TAG = "symbol";
const TWICE = "a tag is there twice";
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
type Taken = { symbol: SymbolName; events: MetricEvent[]; texts: number; chars: number };
type Mark = { at: number; end: number; texts: number };

/**
 * Decodes line protocol, line by line (SPEC LP-1 to LP-5): a line is taken whole or not at all, whatever the others are. Fields of
 * text are no numbers: they are counted and left out.
 */
export class LineDecoder implements TakenInParts {
  events: AddressedEvent[] = [];
  /** The first faults, of at most 20 lines. */
  faults: LineFault[] = [];
  /** Lines that are neither blank nor comments, and how many of them were not taken. */
  lines = 0;
  refused = 0;
  leftOutTexts = 0;
  readonly #reader: LineReader;
  readonly #precision: Precision;
  readonly #nowUs: EpochUs;
  readonly #limits: LineLimits;
  /** Every part of the body is, so none need be looked at. */
  readonly #isStorable: boolean;
  /** Lines that are taken, each with where it begins in the body and where its events end. */
  #taken: Mark[] = [];
  #chars = 0;
  #newest: { text: string; reading: TimestampReading } | null = null;

  constructor(text: string, precision: Precision, nowUs: EpochUs, limits: LineLimits) {
    this.#reader = new LineReader(
      text.charCodeAt(0) === 0xfeff ? text.slice(1) : text,
      limits.events === 0 ? Number.POSITIVE_INFINITY : limits.events,
    );
    this.#isStorable = isStorable(text);
    this.#precision = precision;
    this.#nowUs = nowUs;
    this.#limits = limits;
  }

  /** Decodes at most about so many events more. */
  decodeSome(most: number): "more" | "done" | "too_many" {
    const { lines: linesBefore } = this;
    const enough = this.events.length + most;
    while (this.events.length < enough && this.lines < linesBefore + most) {
      const reading = this.#reader.next();
      if (reading === null) return "done";
      this.lines += 1;
      const taken = reading.kind === "fault" ? reading.why : this.#take(reading.point);
      if (typeof taken === "string") this.#refuse(reading.at, taken);
      else this.#add(reading.at, taken);
      const { events, chars } = this.#limits;
      if (events > 0 && (this.lines > events || this.events.length > events)) return "too_many";
      if (chars > 0 && this.#chars > chars) return "too_many";
    }
    return "more";
  }

  /** Leaves out every line of which there is an event that a room has no place for. */
  leaveOut(isOut: (one: AddressedEvent) => boolean, reason: string): LeftOut {
    const { events: all } = this;
    const taken = this.#taken;
    this.events = [];
    this.#taken = [];
    const out: LeftOut = { single: 0, grouped: 0 };
    let from = 0;
    const named: LineFault[] = [];
    for (const { at, end, texts } of taken) {
      const own = all.slice(from, end);
      from = end;
      const beyond = own.find(isOut)?.event;
      if (beyond === undefined) {
        for (const one of own) this.events.push(one);
        this.#taken.push({ at, end: this.events.length, texts });
        continue;
      }
      out.single += 1;
      this.refused += 1;
      this.leftOutTexts -= texts;
      if (named.length === MAX_ISSUES) continue;
      const what = beyond.kind === "metric" ? beyond.metric : beyond.kind;
      named.push({ line: this.#reader.lineOf(at), message: `${what} ${reason}` });
    }
    const byLine = [...this.faults, ...named].sort((one, other) => one.line - other.line);
    this.faults = byLine.slice(0, MAX_ISSUES);
    return out;
  }

  #add(at: number, { symbol, events, texts, chars }: Taken): void {
    this.#chars += chars;
    this.leftOutTexts += texts;
    for (const event of events) this.events.push({ symbol, event });
    this.#taken.push({ at, end: this.events.length, texts });
  }

  #refuse(at: number, why: string): void {
    this.refused += 1;
    if (this.faults.length === MAX_ISSUES) return;
    this.faults.push({ line: this.#reader.lineOf(at), message: why });
  }

  /** The events of a point, or why it is not taken. */
  #take(point: Point): Taken | string {
    const tags = tagsOf(point.tags);
    if (typeof tags === "string") return tags;
    const { symbol, labels } = tags;
    const moment = this.#momentOf(point.time);
    if (moment.kind === "refused") return `the time ${moment.message}`;
    const areLabels =
      tags.count <= MAX_LABELS &&
      point.tags.every(({ key, value }) => this.#isName(key) && this.#isName(value));
    const isLong = mayBeLong(tags);
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
      const isSeries =
        areLabels && this.#isName(metric) && (!isLong || hasRoom(metric, labels ?? {}));
      if (!isSeries) {
        // Words are dear, and those of the first faults are enough.
        return this.faults.length < MAX_ISSUES ? wordsOf(metric, labels) : "";
      }
      const event: MetricEvent = { kind: "metric", ts: moment.us, metric, value: number.value };
      if (labels !== undefined) event.labels = labels;
      events.push(event);
      chars += metric.length + tags.chars;
    }
    return { symbol, events, texts, chars };
  }

  /** What may be the name of a metric, or the name or text of a label. */
  #isName(text: string): boolean {
    return this.#isStorable ? text.length > 0 && text.length <= MAX_NAME_LENGTH : isName(text);
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

/** What the tags of a line say: the room, and the labels that all its points have. */
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
function mayBeLong({ chars, count }: Tags): boolean {
  return 6 * (chars + count + MAX_NAME_LENGTH) > MAX_SERIES_BYTES;
}

/** Is the metric, with these labels, within the bytes that a series may have? */
function hasRoom(metric: string, labels: Labels): boolean {
  const text = metric + JSON.stringify(labels);
  // Most are told by this: UTF-8 has at most three bytes for each unit.
  return 3 * text.length <= MAX_SERIES_BYTES || utf8Bytes(text) <= MAX_SERIES_BYTES;
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
