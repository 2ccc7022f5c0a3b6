import { type InSteps, STEP_BYTES } from "../in-steps.ts";
import { TooManyPoints } from "../points/points.ts";
import { countParts, MOST_WORD_CHARS } from "../survey-json.ts";
import { textOf } from "../wire/utf8.ts";
import { WireFault } from "../wire/wire-fault.ts";

/** How OTLP is written. The answer is written likewise. */
export type OtlpEncoding = "protobuf" | "json";

/** From the body to an attribute of a data point JSON nests 13 deep; a list or a map in its value is four more. */
const MOST_DEPTH = 48;
/** Braces, commas and colons of a data point: with ten attributes it has 90. */
const MOST_PARTS_AN_EVENT = 100;

/** The JSON of a request. @throws WireFault where it is none, TooManyPoints where it may have more than `mostEvents`. */
export function* parseOtlpJson(bytes: Uint8Array, mostEvents: number): InSteps<unknown> {
  const text = yield* textOf(bytes);
  if (text === null) throw new WireFault("it is not UTF-8");
  const isLong = bytes.length > STEP_BYTES;
  if (isLong) yield;
  const counted = yield* countParts(text);
  if (counted === null) {
    throw new WireFault(`a number in it has more than ${MOST_WORD_CHARS} digits`);
  }
  const { depth, parts } = counted;
  if (depth > MOST_DEPTH) throw new WireFault(`it nests deeper than ${MOST_DEPTH}`);
  if (mostEvents > 0 && parts > mostEvents * MOST_PARTS_AN_EVENT) throw new TooManyPoints();
  if (isLong) yield;
  try {
    const parsed: unknown = JSON.parse(text);
    if (isLong) yield;
    return parsed;
  } catch (error) {
    throw new WireFault(
      `it is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
