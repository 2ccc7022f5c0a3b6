import type { ScannedPoint } from "../../../src/core/events/scan-points.ts";
import type { MetricEvent } from "../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { seriesKey } from "./last-values.ts";

/** Beyond so many all are forgotten, and learned anew. */
const MOST = 4_000;

/** A series as points spell it. */
interface SpelledSeries extends Pick<MetricEvent, "metric" | "labels"> {
  key: string;
}

/** How points spell their series: of what comes again and again labels are read and put in order once. */
export class Spellings {
  /** By metric, then by the text of their labels. */
  readonly #known = new Map<string, Map<string, SpelledSeries>>();
  #size = 0;

  /** The point as an event, and the key of its series. */
  read({ metric, labels, ts, value }: ScannedPoint): { key: string; point: MetricEvent } {
    const known = this.#known.get(metric)?.get(labels) ?? this.#learn(metric, labels);
    return { key: known.key, point: pointOf(known, ts, Number(value)) };
  }

  #learn(metric: string, labels: string): SpelledSeries {
    if (this.#size >= MOST) {
      this.#known.clear();
      this.#size = 0;
    }
    // Parsed, for a piece of a text would keep all of the text in memory. What was scanned has no escapes.
    const read = JSON.parse(`["${metric}",${labels === "" ? '""' : JSON.stringify(labels)}]`);
    const [ownMetric, ownLabels] = read as [string, string];
    const named =
      labels === ""
        ? { metric: ownMetric }
        : { metric: ownMetric, labels: JSON.parse(labels) as Record<string, string> };
    const series = { ...named, key: seriesKey(named) };
    let byLabels = this.#known.get(metric);
    if (byLabels === undefined) {
      byLabels = new Map();
      this.#known.set(ownMetric, byLabels);
    }
    byLabels.set(ownLabels, series);
    this.#size += 1;
    return series;
  }
}

/** Written out, for it is done for every point that is pushed. */
function pointOf({ metric, labels }: SpelledSeries, ts: EpochUs, value: number): MetricEvent {
  return labels === undefined
    ? { kind: "metric", ts, metric, value }
    : { kind: "metric", ts, metric, value, labels };
}
