import { bytesField, textField, uintField } from "../wire/protobuf-writer.ts";
import type { OtlpEncoding } from "./encoding.ts";

/** What an answer in JSON calls those that were not taken. */
export type Rejected = "rejectedDataPoints" | "rejectedLogRecords";

/** `ExportMetricsServiceResponse`, or that of logs: empty where all was taken. */
export function exportAnswer(
  encoding: OtlpEncoding,
  what: Rejected,
  rejected: number,
  message: string,
): string | Uint8Array<ArrayBuffer> {
  if (encoding === "json") {
    // A whole number of 64 bits is text in JSON.
    const partialSuccess = { [what]: String(rejected), errorMessage: message };
    return JSON.stringify(rejected === 0 ? {} : { partialSuccess });
  }
  if (rejected === 0) return new Uint8Array(0);
  const partialSuccess = [...uintField(1, rejected), ...textField(2, message)];
  return new Uint8Array(bytesField(1, partialSuccess));
}

/** `google.rpc.Status`, the body of every refusal. */
export function statusAnswer(
  encoding: OtlpEncoding,
  httpStatus: number,
  message: string,
): string | Uint8Array<ArrayBuffer> {
  const code = codeOf(httpStatus);
  if (encoding === "json") return JSON.stringify({ code, message });
  return new Uint8Array([...uintField(1, code), ...textField(2, message)]);
}

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
function codeOf(httpStatus: number): number {
  switch (httpStatus) {
    case 401:
      return 16;
    case 403:
      return 7;
    case 429:
      return 8;
    case 503:
    case 504:
      return 14;
    default:
      return httpStatus >= 500 ? 13 : 3;
  }
}
