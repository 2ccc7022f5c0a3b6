import type { EpochUs } from "../../protocol/words/time.ts";
import type { InSteps } from "../in-steps.ts";
import type { KnownSeries } from "../wire/known-series.ts";
import { WireFault } from "../wire/wire-fault.ts";
import { type PointLimits, TooManyPoints } from "./points.ts";
import type { SeriesTerms } from "./series-draft.ts";

/** What the points of a request are held to. */
export interface PointTerms extends SeriesTerms {
  nowUs: EpochUs;
  /** Under the same `symbolLabel`. */
  known: KnownSeries;
  limits: PointLimits;
}

/** What a body of a format that is taken in parts turned out to be. */
export type DecodedPoints<Found> =
  | ({ kind: "points" } & Found)
  | { kind: "unreadable"; detail: string }
  /** Beyond the limits. */
  | { kind: "too_many" };

/** Runs a format's decoding. What its readers throw has a name here. */
export function* decodePoints<Found>(
  what: string,
  decode: () => InSteps<Found>,
): InSteps<DecodedPoints<Found>> {
  try {
    return { kind: "points", ...(yield* decode()) };
  } catch (error) {
    if (error instanceof TooManyPoints) return { kind: "too_many" };
    if (error instanceof WireFault)
      return { kind: "unreadable", detail: `The body is no ${what}: ${error.message}.` };
    throw error;
  }
}
