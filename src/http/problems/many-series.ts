import { MAX_SERIES } from "../../reads/many-series.ts";
import { badParameters, type Refusal } from "./refusal.ts";

/** The refusal of a metric that has more series with these labels than one answer holds (SPEC R-1). */
export function manySeries(metric: string): Refusal {
  const message = `leave more than ${MAX_SERIES} series of ${metric}: choose some of them by their labels, which /api/metrics/names lists`;
  return badParameters({ path: "labels", message });
}
