import type { InSteps } from "../in-steps.ts";
import { type DecodedPoints, decodePoints, type PointTerms } from "../points/decoded-points.ts";
import type { Points } from "../points/points.ts";
import { DataPoints } from "./data-points.ts";
import { type OtlpEncoding, parseOtlpJson } from "./encoding.ts";
import { readMetricsJson } from "./metrics-json.ts";
import { readMetricsProtobuf } from "./metrics-protobuf.ts";

const WHAT = "ExportMetricsServiceRequest";

/** Reads the metrics of OTLP/HTTP (SPEC O-6 to O-8). */
export function decodeMetrics(
  bytes: Uint8Array,
  encoding: OtlpEncoding,
  terms: PointTerms,
): InSteps<DecodedPoints<{ points: Points }>> {
  return decodePoints(WHAT, function* () {
    const into = new DataPoints(terms);
    if (encoding === "protobuf") yield* readMetricsProtobuf(bytes, into);
    else yield* readMetricsJson(yield* parseOtlpJson(bytes, terms.limits.events), into);
    return { points: into.points };
  });
}
