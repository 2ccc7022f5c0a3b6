import type { InSteps } from "../in-steps.ts";
import { type DecodedPoints, decodePoints, type PointTerms } from "../points/decoded-points.ts";
import { type OtlpEncoding, parseOtlpJson } from "./encoding.ts";
import { LogRecords } from "./log-records.ts";
import { readLogsJson } from "./logs-json.ts";
import { readLogsProtobuf } from "./logs-protobuf.ts";

const WHAT = "ExportLogsServiceRequest";

/** Reads the logs of OTLP/HTTP (SPEC LG-9). */
export function decodeLogs(
  bytes: Uint8Array,
  encoding: OtlpEncoding,
  terms: PointTerms,
): InSteps<DecodedPoints<{ records: LogRecords }>> {
  return decodePoints(WHAT, function* () {
    const into = new LogRecords(terms);
    if (encoding === "protobuf") yield* readLogsProtobuf(bytes, into);
    else yield* readLogsJson(yield* parseOtlpJson(bytes, terms.limits.events), into);
    return { records: into };
  });
}
