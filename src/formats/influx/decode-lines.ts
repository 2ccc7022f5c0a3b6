import type { SymbolBatch } from "../../core/events/encode-events.ts";
import { PointColumns } from "../../core/events/point-columns.ts";
import type { Labels, Series } from "../../core/events/series.ts";
import { readTimestamp, type TimestampReading } from "../../core/time/timestamp.ts";
import { metricPushSchema } from "../../protocol/events/event.ts";
import { isStorable, MAX_NAME_LENGTH } from "../../protocol/words/name.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { isName } from "../accept.ts";
import { MAX_ISSUES } from "../decoded.ts";
import { STEP_BYTES } from "../in-steps.ts";
import type { LeftOut, TakenInParts } from "../points/points.ts";
import { readFieldValue } from "./field-value.ts";
import { Head, type KnownHeads } from "./known-heads.ts";
import type { Precision } from "./precision.ts";
import { type Field, LineReader, type LineReading } from "./read-line.ts";

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

/** A line that is taken: where it begins in the body, and where its points end. */
interface Mark {
  at: number;
  end: number;
  texts: number;
}

/**
 * Decodes line protocol, line by line (SPEC LP-1 to LP-5): a line is taken whole or not at all, whatever the others are. Fields of
 * text are no numbers: they are counted and left out.
 */
export class LineDecoder implements TakenInParts {
  points = new PointColumns();
  /** The first faults, of at most 20 lines. */
  faults: LineFault[] = [];
  /** Lines that are neither blank nor comments, and how many of them were not taken. */
  lines = 0;
  refused = 0;
  leftOutTexts = 0;
  readonly #reader: LineReader<Head>;
  readonly #known: KnownHeads;
  readonly #precision: Precision;
  readonly #nowUs: EpochUs;
  readonly #limits: LineLimits;
  /** Every part of the body is, so none need be looked at. */
  readonly #isStorable: boolean;
  #taken: Mark[] = [];
  #chars = 0;
  #newest: { text: string; reading: TimestampReading } | null = null;

  constructor(
    text: string,
    precision: Precision,
    terms: { nowUs: EpochUs; limits: LineLimits; known: KnownHeads },
  ) {
    const { nowUs, limits, known } = terms;
    this.#reader = new LineReader(
      text.charCodeAt(0) === 0xfeff ? text.slice(1) : text,
      limits.events === 0 ? Number.POSITIVE_INFINITY : limits.events,
      known,
    );
    this.#known = known;
    this.#isStorable = isStorable(text);
    this.#precision = precision;
    this.#nowUs = nowUs;
    this.#limits = limits;
  }

  get count(): number {
    return this.points.count;
  }

  encode(pause: () => Promise<void>): Promise<SymbolBatch[]> {
    return this.points.encode(pause);
  }

  /** Decodes at most about so many points more, and of long lines fewer. */
  decodeSome(most: number): "more" | "done" | "too_many" {
    const { lines: linesBefore } = this;
    const enough = this.count + most;
    const placeEnough = this.#reader.place + STEP_BYTES;
    while (this.count < enough && this.lines < linesBefore + most) {
      if (this.#reader.place > placeEnough) break;
      const reading = this.#reader.next();
      if (reading === null) return "done";
      if (reading.kind === "pause") break;
      this.lines += 1;
      const before = this.count;
      const fault = reading.kind === "fault" ? reading.why : this.#take(reading);
      if (fault !== null) {
        if (this.count > before) this.points.cutTo(before);
        this.#refuse(reading.at, fault);
      }
      const { events, chars } = this.#limits;
      if (events > 0 && (this.lines > events || this.count > events)) return "too_many";
      if (chars > 0 && this.#chars > chars) return "too_many";
    }
    // So that there is no long way to count where a fault is found.
    this.#reader.lineOf(this.#reader.place);
    return "more";
  }

  /** Leaves out every line of which there is a series that a room has no place for. */
  leaveOut(isOut: (series: Series) => boolean, reason: string): LeftOut {
    const { points: all } = this;
    const taken = this.#taken;
    this.points = new PointColumns();
    this.#taken = [];
    const out: LeftOut = { single: 0, grouped: 0 };
    const named: LineFault[] = [];
    let from = 0;
    for (const { at, end, texts } of taken) {
      let beyond: Series | null = null;
      for (let one = from; one < end && beyond === null; one += 1) {
        if (isOut(all.seriesAt(one))) beyond = all.seriesAt(one);
      }
      const begin = from;
      from = end;
      if (beyond === null) {
        for (let one = begin; one < end; one += 1) this.points.addOf(all, one);
        this.#taken.push({ at, end: this.count, texts });
        continue;
      }
      out.single += 1;
      this.refused += 1;
      this.leftOutTexts -= texts;
      if (named.length === MAX_ISSUES) continue;
      named.push({ line: this.#reader.lineOf(at), message: `${beyond.metric} ${reason}` });
    }
    const byLine = [...this.faults, ...named].sort((one, other) => one.line - other.line);
    this.faults = byLine.slice(0, MAX_ISSUES);
    return out;
  }

  #refuse(at: number, why: string): void {
    this.refused += 1;
    if (this.faults.length === MAX_ISSUES) return;
    this.faults.push({ line: this.#reader.lineOf(at), message: why });
  }

  /** Takes a point, or says why it is not taken. */
  #take(reading: Exclude<LineReading<Head>, { kind: "fault" | "pause" }>): string | null {
    const { at, point } = reading;
    const head = "head" in point ? point.head : Head.of(point, this.#isName);
    if (typeof head === "string") return head;
    const moment = this.#momentOf(point.time);
    if (moment.kind === "refused") return `the time ${moment.message}`;
    let texts = 0;
    for (const field of point.fields) {
      if (field.isQuoted) texts += 1;
      else {
        const fault = this.#add(head, field, moment.us);
        if (fault !== null) return fault;
      }
    }
    if (reading.kind === "point" && reading.text !== "") this.#known.keep(reading.text);
    this.leftOutTexts += texts;
    for (let one = this.#taken.at(-1)?.end ?? 0; one < this.count; one += 1) {
      this.#chars += this.points.seriesAt(one).chars;
    }
    this.#taken.push({ at, end: this.count, texts });
    return null;
  }

  #add(head: Head, { key, value }: Field, us: EpochUs): string | null {
    const number = readFieldValue(value);
    if (number.kind === "refused") return `the field ${key} ${number.why}`;
    const series = head.seriesOf(key, this.#isName);
    if (series === null) {
      // Words are dear, and those of the first faults are enough.
      return this.faults.length < MAX_ISSUES ? wordsOf(head.metricOf(key), head.labels) : "";
    }
    this.points.add(series, us, number.value);
    return null;
  }

  /** What may be the name of a metric, or the name or text of a label. */
  readonly #isName = (text: string): boolean =>
    this.#isStorable ? text.length > 0 && text.length <= MAX_NAME_LENGTH : isName(text);

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
