import type { Config } from "../../config.ts";
import {
  chooseStepUs,
  DAY_US,
  HOUR_US,
  MINUTE_US,
  readDurationUs,
} from "../../core/time/duration.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Parameters } from "./parameters.ts";

/** Most points of one line; of the points themselves the newest. */
export const MAX_POINTS = 10_000;
/** About as many as a chart has pixels. */
const DEFAULT_POINTS = 1_000;

/** `step=10s`, or `step=10`, in seconds; `step=raw`, which is 0, for the points themselves; absent: a step for about `points` points. */
export function readStepUs(parameters: Parameters, spanUs: number, finestUs: number): number {
  const bounds = { min: 1, max: MAX_POINTS, fallback: DEFAULT_POINTS };
  const points = parameters.count("points", bounds);
  const text = parameters.text("step");
  if (text === undefined) return Math.max(finestUs, chooseStepUs(spanUs, points));
  if (parameters.text("points") !== undefined) {
    parameters.refuse("points", "chooses the step: leave out points, or step");
  }
  if (text === "raw") return 0;
  const stepUs = readDurationUs(text);
  if (stepUs === null) {
    parameters.refuse(
      "step",
      "must be raw, seconds, or a duration such as 250ms, 10s, 5m, 4h, 1d or 1w",
    );
    return 0;
  }
  if (spanUs / stepUs > MAX_POINTS) {
    parameters.refuse(
      "step",
      `gives more than ${MAX_POINTS} points: take a longer step or a shorter range`,
    );
  }
  return stepUs;
}

/** What is older than raw data has minutes, and what is older than those has hours: a finer step would find nothing. */
export function finestStepUs(fromUs: EpochUs, nowUs: EpochUs, config: Config): number {
  const isOlder = (days: number) => days > 0 && fromUs < nowUs - days * DAY_US;
  if (isOlder(config.KEEP_MINUTES_DAYS)) return HOUR_US;
  return isOlder(config.KEEP_RAW_DAYS) ? MINUTE_US : 0;
}
