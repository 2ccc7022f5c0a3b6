import { MAX_LOG_FIELDS_CHARS } from "../../protocol/events/log.ts";
import type { ProtobufReader } from "../wire/protobuf-reader.ts";
import { WireFault } from "../wire/wire-fault.ts";
import { type Word, wordOf } from "../wire/words.ts";
import type { Attribute } from "./data-points.ts";

/** Lists and maps in a value, one in the other. */
const MOST_DEPTH = 8;
export const NO_WORD = wordOf("");

/** What `AnyValue` means as JSON: a number that JSON cannot say exactly is text, in either encoding. */
export type AnyValue = string | number | boolean | null | AnyValue[] | { [key: string]: AnyValue };

/** JSON has no words for these; proto3's JSON spells them so. */
export function spelled(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** A label's value: text as it is, and everything else as JSON writes it. */
export function labelOf(value: AnyValue): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Reads the `KeyValue` that is this field (opentelemetry/proto/common/v1/common.proto). */
export function readAttribute(reader: ProtobufReader): Attribute {
  const outer = reader.enter();
  const attribute = readKeyValue(reader);
  reader.leave(outer);
  return attribute;
}

/** The same of one that a place was kept of. */
export function readAttributeAt(reader: ProtobufReader, start: number, length: number): Attribute {
  const back = reader.enterAt(start, length);
  const attribute = readKeyValue(reader);
  reader.goBack(back);
  return attribute;
}

function readKeyValue(reader: ProtobufReader): Attribute {
  let name = NO_WORD;
  let value = NO_WORD;
  while (reader.next()) {
    if (reader.field === 1) name = reader.word();
    else if (reader.field === 2) value = readLabel(reader);
    else reader.skip();
  }
  return [name, value];
}

/** The same with its value as it is. */
export function readValueAttribute(reader: ProtobufReader): [name: string, value: AnyValue] {
  return readEntry(reader, 1);
}

/** Reads the `AnyValue` that is this field. */
export function readValue(reader: ProtobufReader): AnyValue {
  return readAnyValue(reader, 1);
}

/** Nearly all values are text, and are not made twice. */
function readLabel(reader: ProtobufReader): Word {
  const outer = reader.enter();
  let word = NO_WORD;
  while (reader.next()) {
    if (reader.field === 1) word = reader.word();
    else word = wordOf(labelOf(readAlternative(reader, 1)));
  }
  reader.leave(outer);
  return word;
}

function readAnyValue(reader: ProtobufReader, depth: number): AnyValue {
  const outer = reader.enter();
  let value: AnyValue = null;
  while (reader.next()) value = readAlternative(reader, depth);
  reader.leave(outer);
  return value;
}

function readAlternative(reader: ProtobufReader, depth: number): AnyValue {
  switch (reader.field) {
    case 1:
      return reader.word().text;
    case 2:
      return reader.bool();
    case 3:
      return reader.exactInt64();
    case 4:
      return spelled(reader.double());
    case 5:
      return readList(reader, depth);
    case 6:
      return readMap(reader, depth);
    case 7:
      return base64(reader.bytes());
    default:
      reader.skip();
      return null;
  }
}

function readList(reader: ProtobufReader, depth: number): AnyValue[] {
  checkDepth(depth);
  const values: AnyValue[] = [];
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) values.push(readAnyValue(reader, depth + 1));
    else reader.skip();
  }
  reader.leave(outer);
  return values;
}

function readMap(reader: ProtobufReader, depth: number): { [key: string]: AnyValue } {
  checkDepth(depth);
  const entries: [string, AnyValue][] = [];
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) entries.push(readEntry(reader, depth));
    else reader.skip();
  }
  reader.leave(outer);
  return Object.fromEntries(entries);
}

function readEntry(reader: ProtobufReader, depth: number): [string, AnyValue] {
  const outer = reader.enter();
  let key = "";
  let value: AnyValue = null;
  while (reader.next()) {
    if (reader.field === 1) key = reader.word().text;
    else if (reader.field === 2) value = readAnyValue(reader, depth + 1);
    else reader.skip();
  }
  reader.leave(outer);
  return [key, value];
}

function checkDepth(depth: number): void {
  if (depth > MOST_DEPTH) throw new WireFault(`an attribute nests deeper than ${MOST_DEPTH}`);
}

/** More is cut off wherever it is kept. */
const MOST_BYTES = MAX_LOG_FIELDS_CHARS;

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes.subarray(0, MOST_BYTES)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
