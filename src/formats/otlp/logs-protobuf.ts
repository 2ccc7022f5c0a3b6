import { type InSteps, Turn } from "../in-steps.ts";
import type { ProtobufReader } from "../wire/protobuf-reader.ts";
import { type AnyValue, readValue, readValueAttribute } from "./attributes.ts";
import { MOST_ATTRIBUTES, readEnvelope } from "./envelope.ts";
import type { LogRecord, LogRecords, ValueAttribute } from "./log-records.ts";

/** To make lines of so many records takes some ms, however short they are. */
export const TURN_RECORDS = 500;

/** Reads an `ExportLogsServiceRequest` (opentelemetry/proto/logs/v1/logs.proto). */
export function* readLogsProtobuf(bytes: Uint8Array, into: LogRecords): InSteps<void> {
  yield* readEnvelope(
    bytes,
    {
      readAttribute: readValueAttribute,
      resource: (attributes) => into.resource(attributes),
      readScope: (reader) => readScopeLogs(reader, into),
    },
    into.groups,
  );
}

function* readScopeLogs(reader: ProtobufReader, into: LogRecords): InSteps<void> {
  const start = reader.place;
  let scope = "";
  while (reader.next()) {
    if (reader.isTurnOver()) yield;
    if (reader.field === 1) scope = readScope(reader);
    else reader.skip();
  }
  reader.goTo(start);
  into.scope(scope);
  const turn = new Turn(TURN_RECORDS);
  while (reader.next()) {
    if (reader.isTurnOver()) yield;
    if (reader.field !== 2) {
      reader.skip();
      continue;
    }
    if (turn.isOver()) yield;
    readRecord(reader, into);
  }
}

function readScope(reader: ProtobufReader): string {
  const outer = reader.enter();
  let name = "";
  while (reader.next()) {
    if (reader.field === 1) name = reader.word().text;
    else reader.skip();
  }
  reader.leave(outer);
  return name;
}

function readRecord(reader: ProtobufReader, into: LogRecords): void {
  const outer = reader.enter();
  const attributes: ValueAttribute[] = [];
  let body: AnyValue = null;
  const record: Omit<LogRecord, "body" | "attributes"> = {
    ...{ timeUs: 0, observedUs: 0, severityNumber: 0, severityText: "" },
    ...{ traceId: "", spanId: "", eventName: "" },
  };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        record.timeUs = reader.microseconds();
        break;
      case 2:
        record.severityNumber = reader.uint64();
        break;
      case 3:
        record.severityText = reader.word().text;
        break;
      case 5:
        body = readValue(reader);
        break;
      case 6:
        addAttribute(reader, attributes);
        break;
      case 9:
        record.traceId = hex(reader.bytes());
        break;
      case 10:
        record.spanId = hex(reader.bytes());
        break;
      case 11:
        record.observedUs = reader.microseconds();
        break;
      case 12:
        record.eventName = reader.word().text;
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  into.add({ ...record, body, attributes });
}

function addAttribute(reader: ProtobufReader, attributes: ValueAttribute[]): void {
  if (attributes.length >= MOST_ATTRIBUTES) reader.skip();
  else attributes.push(readValueAttribute(reader));
}

/** Ids have 16 bytes at most; what is longer is none. */
function hex(bytes: Uint8Array): string {
  if (bytes.length > 16) return "";
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
