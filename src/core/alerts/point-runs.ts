import { PointReader } from "../events/point-reader.ts";
import { Run } from "./commit-run.ts";
import { seriesText } from "./series-text.ts";

/** Spellings that are known from one commit to the next, at the most: labels with ever new values must not fill the memory. */
const MOST_SPELLINGS = 2_000;

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

/** The points of a commit, by series, for those who read them. */
export class PointRuns<Reader> {
  readonly #readersOf: ReadersOf<Reader>;
  readonly #points = new PointReader<Series<Reader>>((metric, labels) =>
    this.#seriesOf(metric, labels),
  );
  /** By metric and `seriesText`. */
  #series = new Map<string, Map<string, Series<Reader>>>();
  #touched: Series<Reader>[] = [];
  /** Of the commit. */
  #atUs = 0;

  constructor(readersOf: ReadersOf<Reader>) {
    this.#readersOf = readersOf;
  }

  /** A point that is no text. `labels`: as JSON has them; empty where it has none. */
  add(metric: string, labels: string, ts: number, value: number, atUs: number): void {
    this.#atUs = atUs;
    this.#take(this.#points.series(metric, labels), ts, value);
  }

  /** The points of an encoded frame; gives where the first event begins that is none, as `PointReader.read` does. */
  read(text: string, atUs: number): number {
    this.#atUs = atUs;
    return this.#points.read(text, this.#take);
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
    if (this.#points.size > MOST_SPELLINGS) {
      this.#points.forget();
      this.#series = new Map();
    }
    return taken;
  }

  readonly #take = (series: Series<Reader>, ts: number, value: number): void => {
    if (series.readers.length === 0) return;
    if (series.run === null) {
      series.run = new Run(this.#atUs);
      this.#touched.push(series);
    }
    series.run.add(ts, value);
  };

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
}
