import { type InSteps, Turn } from "../in-steps.ts";
import { MOST_ATTRIBUTES } from "./envelope.ts";
import {
  anyValueOf,
  type Fields,
  fieldsOf,
  listOf,
  microsecondsOf,
  numberOf,
  textOf,
} from "./json-fields.ts";
import type { LogRecords, ValueAttribute } from "./log-records.ts";
import { TURN_RECORDS } from "./logs-protobuf.ts";

/** Reads an `ExportLogsServiceRequest` as JSON, in which ids are hexadecimal digits. */
export function* readLogsJson(body: unknown, into: LogRecords): InSteps<void> {
  const turn = new Turn(TURN_RECORDS);
  for (const resourceLogs of listOf(fieldsOf(body, "body"), "resourceLogs")) {
    if (turn.isOver()) yield;
    into.groups.add();
    into.resource(attributesOf(fieldsOf(resourceLogs["resource"] ?? {}, "resource")));
    for (const scopeLogs of listOf(resourceLogs, "scopeLogs")) {
      if (turn.isOver()) yield;
      into.groups.add();
      into.scope(textOf(fieldsOf(scopeLogs["scope"] ?? {}, "scope"), "name"));
      for (const record of listOf(scopeLogs, "logRecords")) {
        if (turn.isOver()) yield;
        readRecord(record, into);
      }
    }
  }
}

function readRecord(record: Fields, into: LogRecords): void {
  into.add({
    timeUs: microsecondsOf(record["timeUnixNano"] ?? 0),
    observedUs: microsecondsOf(record["observedTimeUnixNano"] ?? 0),
    severityNumber: numberOf(record, "severityNumber"),
    severityText: textOf(record, "severityText"),
    body: anyValueOf(fieldsOf(record["body"] ?? {}, "body")),
    attributes: attributesOf(record),
    traceId: hexOf(record, "traceId"),
    spanId: hexOf(record, "spanId"),
    eventName: textOf(record, "eventName"),
  });
}

/** An id; what is none of OTLP's is passed over. */
function hexOf(record: Fields, name: string): string {
  const digits = textOf(record, name).toLowerCase();
  return /^[0-9a-f]{1,32}$/.test(digits) ? digits : "";
}

function attributesOf(fields: Fields): ValueAttribute[] {
  return listOf(fields, "attributes")
    .slice(0, MOST_ATTRIBUTES)
    .map(
      (one): ValueAttribute => [
        textOf(one, "key"),
        anyValueOf(fieldsOf(one["value"] ?? {}, "value")),
      ],
    );
}
