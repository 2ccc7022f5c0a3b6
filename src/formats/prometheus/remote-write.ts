import type { Series } from "../../core/events/series.ts";
import { MAX_LABELS } from "../../protocol/events/event.ts";
import {
  type DecodedPoints,
  decodePoints,
  type InSteps,
  type PointTerms,
  STEP_BYTES,
} from "../points/decoded-points.ts";
import { addDistribution } from "../points/distribution.ts";
import { Moments } from "../points/moments.ts";
import { Points, TooManyPoints, valueFault } from "../points/points.ts";
import { SeriesDraft } from "../points/series-draft.ts";
import type { Interned } from "../wire/interned.ts";
import { Words } from "../wire/known-series.ts";
import { type Pair, ProtobufReader } from "../wire/protobuf-reader.ts";
import type { Word } from "../wire/words.ts";
import { distributionOf, type NativeHistogram, readNativeHistogram } from "./native-histogram.ts";

/** Of `prometheus.WriteRequest`, and of `io.prometheus.write.v2.Request`. */
export type WriteVersion = "1.0" | "2.0";

/** What of a write was good, in its own words. What says that there is no value is among the samples. */
export interface Written {
  points: Points;
  samples: number;
  histograms: number;
}

const NAME = "__name__";
/** The field of a series of 1.0. */
const LABEL = 1;
/** Of the labels of a series: as JSON they may have 2,500, and somewhat more as they stand. */
const MOST_LABEL_BYTES = 4_096;
/** Names and values of labels, with one label too many. */
const MOST_REFS = 2 * (MAX_LABELS + 2);
/** Of the table of 2.0, for each event that may be there: most are shared. */
const MOST_TEXTS_AN_EVENT = 16;

/** Reads an unpacked remote write (SPEC O-2 to O-5). */
export function decodeWrite(
  bytes: Uint8Array,
  version: WriteVersion,
  terms: PointTerms,
): InSteps<DecodedPoints<Written>> {
  const what = version === "1.0" ? "prometheus.WriteRequest" : "io.prometheus.write.v2.Request";
  return decodePoints(what, () => new WriteDecoder(bytes, terms).decode(version));
}

class WriteDecoder {
  readonly #reader: ProtobufReader;
  readonly #terms: PointTerms;
  readonly #draft: SeriesDraft;
  readonly #moments: Moments;
  readonly #written: Written;
  /** Of the series at hand, by place: its samples have their times behind them. */
  readonly #values: number[] = [];
  readonly #times: number[] = [];
  readonly #histograms: NativeHistogram[] = [];
  /** Where each text of the table begins, and how long it is; and those that were asked for. */
  readonly #texts: number[] = [];
  readonly #words: (Word | undefined)[] = [];
  readonly #refs: number[] = [];
  readonly #key = new Words(new Uint8Array(2_048));
  #labels = 0;
  /** Of the series before, by place. */
  readonly #pairs: Interned<Pair>[] = [];
  /** Samples and histograms, good or not, with or without a value: all of them take time. */
  #read = 0;

  constructor(bytes: Uint8Array, terms: PointTerms) {
    this.#reader = new ProtobufReader(bytes);
    this.#terms = terms;
    this.#draft = new SeriesDraft(terms);
    this.#moments = new Moments(terms.nowUs, "ms");
    this.#written = { points: new Points(terms.limits), samples: 0, histograms: 0 };
  }

  *decode(version: WriteVersion): InSteps<Written> {
    if (version === "2.0") {
      this.#readTexts();
      yield;
    }
    const field = version === "1.0" ? 1 : 5;
    const reader = this.#reader;
    let series = 0;
    let yieldedAt = 0;
    while (reader.next()) {
      if (reader.place - yieldedAt > STEP_BYTES) {
        yieldedAt = reader.place;
        yield;
      }
      if (reader.field !== field) {
        reader.skip();
        continue;
      }
      series += 1;
      // Those without a sample are no events, and cost time all the same.
      if (this.#isOver(series)) throw new TooManyPoints();
      const outer = reader.enter();
      if (version === "1.0") this.#readSeries();
      else this.#readReferringSeries();
      reader.leave(outer);
    }
    return this.#written;
  }

  #isOver(count: number): boolean {
    const { events } = this.#terms.limits;
    return events > 0 && count > events;
  }

  /** The table of 2.0, which may stand behind what refers to it. */
  #readTexts(): void {
    const reader = this.#reader;
    while (reader.next()) {
      if (reader.field !== 4) {
        reader.skip();
        continue;
      }
      reader.wordPlace(this.#texts);
      if (this.#isOver(this.#texts.length / 2 / MOST_TEXTS_AN_EVENT)) throw new TooManyPoints();
    }
    reader.goTo(0);
  }

  #begin(): void {
    this.#values.length = 0;
    this.#times.length = 0;
    this.#histograms.length = 0;
  }

  #readSeries(): void {
    const reader = this.#reader;
    const start = reader.place;
    // All that write them write labels first, one behind the other.
    reader.passRun(LABEL, MOST_LABEL_BYTES);
    const end = reader.place;
    const known = this.#terms.known.find(reader.whole, start, end);
    if (known === undefined) {
      reader.goTo(start);
      this.#readUnknownSeries(start, end);
      return;
    }
    const readBefore = this.#read;
    this.#begin();
    while (reader.next()) {
      if (reader.field === LABEL) {
        this.#read = readBefore;
        reader.goTo(start);
        this.#readUnknownSeries(start, start);
        return;
      }
      this.#readOfSeries();
    }
    this.#addSeries(this.#draft.refusalOf(known) ?? known);
  }

  /** `start`, `end`: of the bytes that say it, if it has no label behind them. */
  #readUnknownSeries(start: number, end: number): void {
    const reader = this.#reader;
    this.#begin();
    this.#draft.begin();
    this.#labels = 0;
    let labelsEnd = start;
    while (reader.next()) {
      if (reader.field !== LABEL) this.#readOfSeries();
      else {
        this.#readLabel();
        labelsEnd = reader.place;
      }
    }
    const series = this.#finish(null);
    if (labelsEnd === end && typeof series !== "string") {
      this.#terms.known.keep(series, reader.whole, start, end);
    }
    this.#addSeries(series);
  }

  #readOfSeries(): void {
    const reader = this.#reader;
    if (reader.field === 2) this.#readSample();
    else if (reader.field === 4) this.#readHistogram();
    else reader.skip();
  }

  #readLabel(): void {
    const at = this.#labels;
    this.#labels += 1;
    // It is refused by then, and its texts need not be made.
    if (at > MOST_REFS / 2) {
      this.#reader.skip();
      return;
    }
    const pair = this.#reader.pair(this.#pairs[at]);
    this.#pairs[at] = pair;
    this.#label(pair.made.name, pair.made.value);
  }

  #label(name: Word, value: Word): void {
    if (name.text === NAME) this.#draft.name(value);
    else this.#draft.label(name, value);
  }

  #readReferringSeries(): void {
    const reader = this.#reader;
    this.#begin();
    this.#refs.length = 0;
    while (reader.next()) {
      switch (reader.field) {
        case 1:
          reader.uint64s(this.#refs, MOST_REFS);
          break;
        case 2:
          this.#readSample();
          break;
        case 3:
          this.#readHistogram();
          break;
        default:
          reader.skip();
      }
    }
    this.#addSeries(this.#findSeries());
  }

  /** Of the references; or why there is none. */
  #findSeries(): Series | string {
    const length = this.#writeKey();
    const known = length === 0 ? undefined : this.#terms.known.find(this.#key, 0, length);
    if (known !== undefined) return this.#draft.refusalOf(known) ?? known;
    this.#draft.begin();
    const series = this.#finish(this.#findLabels());
    if (length > 0 && typeof series !== "string")
      this.#terms.known.keep(series, this.#key, 0, length);
    return series;
  }

  /** The texts that the references name, one behind the other, into `#key`; gives how long that is, 0 where it is too long. */
  #writeKey(): number {
    const key = this.#key.bytes;
    const { bytes } = this.#reader.whole;
    // No series of 1.0 begins so.
    key[0] = 0;
    let to = 1;
    for (const ref of this.#refs) {
      const start = this.#texts[2 * ref];
      const length = this.#texts[2 * ref + 1];
      if (start === undefined || length === undefined || length > 0xff) return 0;
      if (to + 1 + length > key.length) return 0;
      key[to++] = length;
      for (let at = 0; at < length; at += 1) key[to++] = bytes[start + at] as number;
    }
    return to;
  }

  /** The labels that the references name; why there are none. */
  #findLabels(): string | null {
    if (this.#refs.length > MOST_REFS) return `has more than ${MAX_LABELS} labels`;
    if (this.#refs.length % 2 !== 0) return "has a label without a value in labels_refs";
    for (let at = 0; at < this.#refs.length; at += 2) {
      const name = this.#text(this.#refs[at] as number);
      const value = this.#text(this.#refs[at + 1] as number);
      if (name === null || value === null) return "refers to a symbol that is not in symbols";
      this.#label(name, value);
    }
    return null;
  }

  #text(ref: number): Word | null {
    const known = this.#words[ref];
    if (known !== undefined) return known;
    const start = this.#texts[2 * ref];
    const length = this.#texts[2 * ref + 1];
    if (start === undefined || length === undefined) return null;
    const word = this.#reader.wordAt(start, length);
    this.#words[ref] = word;
    return word;
  }

  #readSample(): void {
    const reader = this.#reader;
    const outer = reader.enter();
    let [value, time] = [0, 0];
    while (reader.next()) {
      if (reader.field === 1) value = reader.double();
      else if (reader.field === 2) time = reader.int64();
      else reader.skip();
    }
    reader.leave(outer);
    this.#values.push(value);
    this.#times.push(time);
    this.#count();
  }

  #readHistogram(): void {
    const outer = this.#reader.enter();
    this.#histograms.push(readNativeHistogram(this.#reader));
    this.#reader.leave(outer);
    this.#count();
  }

  #count(): void {
    this.#read += 1;
    if (this.#isOver(this.#read)) throw new TooManyPoints();
  }

  /** The series, or why it cannot be one. One without samples is none, and nobody asks. */
  #finish(fault: string | null): Series | string {
    if (this.#values.length + this.#histograms.length === 0) return "has no samples";
    return fault ?? this.#draft.finish();
  }

  #addSeries(series: Series | string): void {
    const count = this.#values.length + this.#histograms.length;
    if (count === 0) return;
    if (typeof series === "string") {
      this.#written.points.refused.add(series, this.#draft.metric, count);
      return;
    }
    for (let at = 0; at < this.#values.length; at += 1) {
      const refusal = this.#addSample(
        series,
        this.#values[at] as number,
        this.#times[at] as number,
      );
      if (refusal === null) this.#written.samples += 1;
      else this.#written.points.refused.add(refusal, series.metric);
    }
    for (const histogram of this.#histograms) {
      const refusal = this.#addHistogram(series, histogram);
      if (refusal === null) this.#written.histograms += 1;
      else this.#written.points.refused.add(refusal, series.metric);
    }
  }

  #addSample(series: Series, value: number, timeMs: number): string | null {
    // A summary that has seen nothing says so at every scrape, and a series that ends once: no value is what is stored of it.
    if (Number.isNaN(value)) return null;
    const fault = valueFault(value);
    if (fault !== null) return `has a value that ${fault}`;
    const moment = this.#moments.read(timeMs);
    if (moment.kind === "refused") return `has a timestamp that ${moment.message}`;
    this.#written.points.add(series, moment.us, value);
    return null;
  }

  #addHistogram(series: Series, histogram: NativeHistogram): string | null {
    if (histogram.isStale) return null;
    const moment = this.#moments.read(histogram.timeMs);
    if (moment.kind === "refused") return `has a timestamp that ${moment.message}`;
    const distribution = distributionOf(histogram);
    if (typeof distribution === "string") return distribution;
    return addDistribution(this.#written.points, series, moment.us, distribution);
  }
}
