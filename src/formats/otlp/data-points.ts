import type { Series } from "../../core/events/series.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { PointTerms } from "../points/decoded-points.ts";
import {
  addDistribution,
  buckets,
  type Exponential,
  exponentialBuckets,
  MOST_BUCKETS,
} from "../points/distribution.ts";
import { Moments } from "../points/moments.ts";
import { Points, TooManyPoints, valueFault } from "../points/points.ts";
import { partOf, SeriesDraft } from "../points/series-draft.ts";
import type { SeriesKey } from "../wire/known-series.ts";
import { type Word, wordOf } from "../wire/words.ts";
import { GroupCount } from "./envelope.ts";

/** Of a resource, and of a data point. */
export type Attribute = readonly [name: Word, value: Word];

/** What a data point says its series with: attributes, and the bytes of them by which it may be known in another body. */
export type SeriesSaid =
  | { kind: "known"; series: Series }
  | { kind: "attributes"; attributes: readonly Attribute[]; key: SeriesKey | null };

/** What all data points have. A moment of 0 is not said. */
interface Point {
  said: SeriesSaid;
  timeUs: number;
  flags: number;
}

export interface NumberPoint extends Point {
  value: number | undefined;
}

interface Summed extends Point {
  count: number;
  sum: number | undefined;
}

export interface HistogramPoint extends Summed {
  min: number | undefined;
  max: number | undefined;
  bounds: number[];
  counts: number[];
}

export interface ExponentialPoint extends Summed {
  min: number | undefined;
  max: number | undefined;
  scale: number;
  zeroThreshold: number;
  zeroCount: number;
  positive: ExponentialBuckets;
  negative: ExponentialBuckets;
}

export interface ExponentialBuckets {
  offset: number;
  counts: number[];
}

export interface SummaryPoint extends Summed {
  quantiles: (readonly [quantile: number, value: number])[];
}

/** The series had a value before, and has none now. */
const NO_RECORDED_VALUE = 1;

/** What a resource and a metric say is remembered up to that. */
const MOST_ID_CHARS = 1_000;

/** What a resource is called here where it says who it is (SPEC O-6). */
const LABEL_OF_RESOURCE: ReadonlyMap<string, Word> = new Map([
  ["service.name", wordOf("service")],
  ["service.instance.id", wordOf("instance")],
]);

/** Makes series and events of the data points of a request, in whatever encoding they came. */
export class DataPoints {
  readonly points: Points;
  readonly groups: GroupCount;
  readonly #terms: PointTerms;
  readonly #draft: SeriesDraft;
  readonly #moments: Moments;
  #resource: readonly Attribute[] = [];
  #metric: Word = wordOf("");
  #resourceText = "";
  /** Of resource and metric. */
  #metricId = 0;
  #seen = 0;

  constructor(terms: PointTerms) {
    this.#terms = terms;
    this.points = new Points(terms.limits);
    this.groups = new GroupCount(terms.limits);
    this.#draft = new SeriesDraft(terms);
    this.#moments = new Moments(terms.nowUs, "us");
  }

  /** Whose points come next. Of all that a resource says of itself its name becomes labels, and its symbol the room. */
  resource(attributes: readonly Attribute[]): void {
    const symbol = this.#terms.symbolLabel;
    this.#resource = attributes.flatMap(([name, value]): Attribute[] => {
      const label = name.text === symbol ? name : LABEL_OF_RESOURCE.get(name.text);
      return label === undefined ? [] : [[label, value]];
    });
    this.#resourceText = JSON.stringify(this.#resource);
  }

  /** Of which metric points come next. @throws TooManyPoints */
  metric(name: Word): void {
    this.groups.add();
    this.#metric = name;
    const { length } = this.#resourceText;
    const isShort = length + name.text.length <= MOST_ID_CHARS;
    this.#metricId = isShort ? this.#terms.known.idOf(`${this.#resourceText}${name.text}`) : 0;
  }

  /** For the keys of the metric's points; 0 where they have none. */
  get metricId(): number {
    return this.#metricId;
  }

  /** The series that these bytes say, in this body or in one before. */
  find({ words, length }: SeriesKey): Series | undefined {
    return this.#terms.known.find(words, 0, length);
  }

  number(point: NumberPoint): void {
    this.#take(point, (series, ts) => {
      const { value } = point;
      if (value === undefined) return "has a data point without a value";
      const fault = valueFault(value);
      if (fault !== null) return `has a value that ${fault}`;
      this.points.add(series, ts, value);
      return null;
    });
  }

  histogram(point: HistogramPoint): void {
    this.#take(point, (series, ts) => {
      const isLong = point.counts.length > MOST_BUCKETS || point.bounds.length > MOST_BUCKETS;
      const found = isLong ? TOO_LONG : buckets(point.bounds, point.counts);
      if (typeof found === "string") return found;
      return addDistribution(this.points, series, ts, { ...point, buckets: found });
    });
  }

  exponential(point: ExponentialPoint): void {
    this.#take(point, (series, ts) => {
      const { positive, negative } = point;
      const isLong = positive.counts.length > MOST_BUCKETS || negative.counts.length > MOST_BUCKETS;
      const sides = { positive: sideOf(positive), negative: sideOf(negative) };
      const found = isLong ? TOO_LONG : exponentialBuckets({ ...point, ...sides });
      if (typeof found === "string") return found;
      return addDistribution(this.points, series, ts, { ...point, buckets: found });
    });
  }

  summary(point: SummaryPoint): void {
    this.#take(point, (series, ts) => {
      if (point.quantiles.length > MOST_BUCKETS) return `has more than ${MOST_BUCKETS} quantiles`;
      const parts: [Series | string, number][] = [[partOf(series, "_count"), point.count]];
      if (point.sum !== undefined) parts.push([partOf(series, "_sum"), point.sum]);
      for (const [quantile, value] of point.quantiles) {
        // Of nothing there is no quantile.
        if (Number.isNaN(value)) continue;
        parts.push([partOf(series, "", ["quantile", String(quantile)]), value]);
      }
      for (const [part, value] of parts) {
        if (typeof part === "string") return part;
        const fault = valueFault(value);
        if (fault !== null) return `has a part that ${fault}`;
      }
      this.points.addGroup(parts as [Series, number][], ts);
      return null;
    });
  }

  #take(point: Point, add: Adding): void {
    this.#seen += 1;
    const { events } = this.#terms.limits;
    if (events > 0 && this.#seen > events) throw new TooManyPoints();
    if ((point.flags & NO_RECORDED_VALUE) !== 0) return;
    const series = this.#seriesOf(point);
    const refusal = typeof series === "string" ? series : this.#addAt(point.timeUs, series, add);
    if (refusal !== null) this.points.refused.add(refusal, this.#metric.text);
  }

  #addAt(timeUs: number, series: Series, add: Adding): string | null {
    if (timeUs === 0) return add(series, this.#terms.nowUs);
    const moment = this.#moments.read(timeUs);
    if (moment.kind === "refused") return `has a time that ${moment.message}`;
    return add(series, moment.us);
  }

  #seriesOf({ said }: Point): Series | string {
    const draft = this.#draft;
    if (said.kind === "known") return draft.refusalOf(said.series) ?? said.series;
    const { attributes, key } = said;
    draft.begin();
    draft.name(this.#metric);
    for (const [name, value] of attributes) draft.label(name, value);
    for (const [name, value] of this.#resource) draft.fallback(name, value);
    const series = draft.finish();
    if (key !== null && typeof series !== "string") {
      this.#terms.known.keep(series, key.words, 0, key.length);
    }
    return series;
  }
}

/** Adds the events of a data point, or says why there are none. */
type Adding = (series: Series, ts: EpochUs) => string | null;

const TOO_LONG = `has more than ${MOST_BUCKETS} buckets`;

/** OTLP counts buckets from their lower bounds. */
function sideOf({ offset, counts }: ExponentialBuckets): Exponential["positive"] {
  return { indexes: counts.map((_, at) => offset + at + 1), counts };
}
