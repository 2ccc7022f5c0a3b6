import type { Series } from "../../core/events/series.ts";
import { MAX_LABELS } from "../../protocol/events/event.ts";
import { type InSteps, Turn } from "../in-steps.ts";
import { type DecodedPoints, decodePoints, type PointTerms } from "../points/decoded-points.ts";
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
/** Of a thousand buckets each they take some ms. */
const TURN_HISTOGRAMS = 64;

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
  /** Does the series at hand refer to texts, as those of 2.0 do? */
  #isReferring = false;
  /** Where it begins, and the labels end that it may be known by; and which it is then. */
  #start = 0;
  #end = 0;
  #known: Series | undefined;
  /** How many labels were read of it, and where the last of them ended. */
  #labels = 0;
  #labelsEnd = 0;
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
    if (version === "2.0") yield* this.#readTexts();
    const field = version === "1.0" ? 1 : 5;
    const reader = this.#reader;
    let series = 0;
    while (reader.next()) {
      if (reader.isTurnOver()) yield;
      if (reader.field !== field) {
        reader.skip();
        continue;
      }
      series += 1;
      // Those without a sample are no events, and cost time all the same.
      if (this.#isOver(series)) throw new TooManyPoints();
      const outer = reader.enter();
      if (version === "1.0") this.#beginSeries();
      else this.#beginReferringSeries();
      while (!this.#readSome()) yield;
      const said = version === "1.0" ? this.#endSeries() : this.#findSeries();
      if (typeof said !== "string" && this.#histograms.length > 0) yield* this.#addHistograms(said);
      this.#addSeries(said);
      reader.leave(outer);
    }
    return this.#written;
  }

  #isOver(count: number): boolean {
    const { events } = this.#terms.limits;
    return events > 0 && count > events;
  }

  /** The table of 2.0, which may stand behind what refers to it. */
  *#readTexts(): InSteps<void> {
    const reader = this.#reader;
    while (reader.next()) {
      if (reader.isTurnOver()) yield;
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

  #beginSeries(): void {
    const reader = this.#reader;
    const start = reader.place;
    // All that write them write labels first, one behind the other.
    reader.passRun(LABEL, MOST_LABEL_BYTES);
    this.#start = start;
    this.#end = reader.place;
    this.#known = this.#terms.known.find(reader.whole, start, this.#end);
    this.#isReferring = false;
    this.#begin();
    if (this.#known === undefined) this.#beginUnknown();
  }

  /** From its beginning on, label by label. */
  #beginUnknown(): void {
    this.#reader.goTo(this.#start);
    this.#known = undefined;
    this.#draft.begin();
    this.#labels = 0;
    this.#labelsEnd = this.#start;
  }

  #beginReferringSeries(): void {
    this.#isReferring = true;
    this.#refs.length = 0;
    this.#begin();
  }

  /** Reads on in the series at hand; false where others come first. */
  #readSome(): boolean {
    const reader = this.#reader;
    const histogram = this.#isReferring ? 3 : 4;
    while (reader.next()) {
      if (reader.field === 2) this.#readSample();
      else if (reader.field === histogram) this.#readHistogram();
      else if (reader.field !== LABEL) reader.skip();
      else if (this.#isReferring) reader.uint64s(this.#refs, MOST_REFS);
      else if (this.#known === undefined) this.#readLabel();
      else {
        // A label behind those by which it was known makes another series of it.
        this.#read -= this.#values.length + this.#histograms.length;
        this.#end = this.#start;
        this.#begin();
        this.#beginUnknown();
      }
      if (reader.isTurnOver()) return false;
    }
    return true;
  }

  /** Of its labels; or why there is none. */
  #endSeries(): Series | string {
    if (this.#known !== undefined) return this.#draft.refusalOf(this.#known) ?? this.#known;
    const series = this.#finish(null);
    if (this.#labelsEnd === this.#end && typeof series !== "string") {
      this.#terms.known.keep(series, this.#reader.whole, this.#start, this.#end);
    }
    return series;
  }

  #readLabel(): void {
    const at = this.#labels;
    this.#labels += 1;
    // It is refused by then, and its texts need not be made.
    if (at > MOST_REFS / 2) this.#reader.skip();
    else {
      const pair = this.#reader.pair(this.#pairs[at]);
      this.#pairs[at] = pair;
      this.#label(pair.made.name, pair.made.value);
    }
    this.#labelsEnd = this.#reader.place;
  }

  #label(name: Word, value: Word): void {
    if (name.text === NAME) this.#draft.name(value);
    else this.#draft.label(name, value);
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
  }

  *#addHistograms(series: Series): InSteps<void> {
    const turn = new Turn(TURN_HISTOGRAMS);
    for (const histogram of this.#histograms) {
      if (turn.isOver()) yield;
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
