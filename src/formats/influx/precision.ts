import type { TimeUnit } from "../../core/time/timestamp.ts";

/** The unit of a body's times: so many of `unit`. */
export interface Precision {
  unit: TimeUnit;
  times: number;
}

/** Names of both versions of the API. */
const PRECISIONS: Readonly<Record<string, Precision>> = {
  n: { unit: "ns", times: 1 },
  ns: { unit: "ns", times: 1 },
  u: { unit: "us", times: 1 },
  us: { unit: "us", times: 1 },
  ms: { unit: "ms", times: 1 },
  s: { unit: "s", times: 1 },
  m: { unit: "s", times: 60 },
  h: { unit: "s", times: 3_600 },
};

export const PRECISION_NAMES = Object.keys(PRECISIONS);

/** The precision of this name; nanoseconds where none is named, null where it is none. */
export function precisionOf(name = "ns"): Precision | null {
  return Object.hasOwn(PRECISIONS, name) ? (PRECISIONS[name] as Precision) : null;
}
