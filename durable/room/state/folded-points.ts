import { PointReader } from "../../../src/core/events/point-reader.ts";
import type { MetricEvent } from "../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { type LastValuesFold, seriesKey } from "./last-values.ts";

/** Beyond so many spellings all are forgotten, and learned anew. */
const MOST_SPELLINGS = 4_000;

interface FoldedSeries extends Pick<MetricEvent, "metric" | "labels"> {
  key: string;
}

/** Takes points of frames into last values; one for all rooms of a host, whose producers spell their series alike. */
export class FoldedPoints {
  readonly #points = new PointReader<FoldedSeries>(seriesOf);
  #fold: LastValuesFold | null = null;

  /** Takes the points of a frame; gives where the first event begins that is none, as `PointReader.read` does. */
  fold(text: string, into: LastValuesFold): number {
    if (this.#points.size > MOST_SPELLINGS) this.#points.forget();
    this.#fold = into;
    return this.#points.read(text, this.#take);
  }

  readonly #take = (series: FoldedSeries, ts: number, value: number): void => {
    this.#fold?.applyPoint(series.key, pointOf(series, ts as EpochUs, value));
  };
}

function seriesOf(metric: string, labels: string): FoldedSeries {
  const named =
    labels === "" ? { metric } : { metric, labels: JSON.parse(labels) as Record<string, string> };
  return { ...named, key: seriesKey(named) };
}

/** Written out, for it is done for every point that is pushed. */
function pointOf({ metric, labels }: FoldedSeries, ts: EpochUs, value: number): MetricEvent {
  return labels === undefined
    ? { kind: "metric", ts, metric, value }
    : { kind: "metric", ts, metric, value, labels };
}
