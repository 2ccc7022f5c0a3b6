import { readDigits } from "../../core/time/timestamp.ts";
import { WireFault } from "../wire/wire-fault.ts";
import { type AnyValue, spelled } from "./attributes.ts";

/** A message as JSON, of which nothing is known yet. */
export interface Fields {
  [name: string]: unknown;
  resource?: unknown;
  timeUnixNano?: unknown;
  value?: unknown;
  arrayValue?: unknown;
  kvlistValue?: unknown;
  stringValue?: unknown;
  boolValue?: unknown;
  intValue?: unknown;
  doubleValue?: unknown;
  bytesValue?: unknown;
}

/** What an `AnyValue` is. The survey of the body has seen to it that it is not deep. */
export function anyValueOf(value: Fields): AnyValue {
  if (value.arrayValue !== undefined) {
    return listOf(fieldsOf(value.arrayValue, "arrayValue"), "values").map(anyValueOf);
  }
  if (value.kvlistValue !== undefined) {
    const entries = listOf(fieldsOf(value.kvlistValue, "kvlistValue"), "values");
    return Object.fromEntries(
      entries.map((one) => [textOf(one, "key"), anyValueOf(fieldsOf(one.value ?? {}, "value"))]),
    );
  }
  const plain =
    value.stringValue ??
    value.boolValue ??
    exactInt64Of(value.intValue) ??
    doubleOf(value.doubleValue) ??
    value.bytesValue;
  if (plain === undefined || plain === null) return null;
  if (typeof plain === "object") throw new WireFault("an attribute is no value");
  return plain as string | number | boolean;
}

/** proto3's JSON writes an int64 as text, and readers take either. What it says is then as protobuf's. */
function exactInt64Of(value: unknown): unknown {
  const isText = typeof value === "string" && WHOLE.test(value);
  if (!isText && !Number.isInteger(value)) return value;
  const number = Number(value);
  // An SDK of JavaScript calls every whole number one; beyond 64 bits it can only be a double.
  const isDouble = !isText && Math.abs(number) >= 2 ** 63;
  if (Number.isSafeInteger(number) || isDouble) return number;
  return String(BigInt(value as string | number));
}

function doubleOf(value: unknown): unknown {
  const isText = typeof value === "string" && NUMBER.test(value);
  return isText ? spelled(Number(value)) : value;
}

export function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new WireFault(`${name} must be an object`);
}

export function listOf(fields: Fields, name: string): Fields[] {
  return valuesOf(fields, name).map((one) => fieldsOf(one, `an element of ${name}`));
}

/** The first so many, and one too many where there are more: what has that is refused, or cut. */
export function firstOf<Value>(values: readonly Value[], most: number): readonly Value[] {
  return values.length <= most ? values : values.slice(0, most + 1);
}

function valuesOf(fields: Fields, name: string): unknown[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value)) return value;
  throw new WireFault(`${name} must be an array`);
}

export function textOf(fields: Fields, name: string): string {
  const value = fields[name] ?? "";
  if (typeof value === "string") return value;
  throw new WireFault(`${name} must be text`);
}

export function numbersOf(fields: Fields, name: string): number[] {
  return valuesOf(fields, name).map((value) => readNumberOf(value, name));
}

export function numberOf(fields: Fields, name: string): number {
  return readNumberOf(fields[name] ?? 0, name);
}

export function optional(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  return value === undefined || value === null ? undefined : readNumberOf(value, name);
}

const SPELLED: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);
const WHOLE = /^-?\d{1,400}$/;
const NUMBER = /^-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,4})?$/;

/** Numbers may be text, whose digits a number may not have room for. */
function readNumberOf(value: unknown, name: string): number {
  if (typeof value === "number") return value;
  const spelled = SPELLED.get(value);
  if (spelled !== undefined) return spelled;
  if (typeof value === "string" && NUMBER.test(value)) return Number(value);
  throw new WireFault(`${name} must be a number`);
}

export function microsecondsOf(value: unknown): number {
  if (value === 0 || value === "0") return 0;
  const digits = typeof value === "number" ? value.toFixed(0) : value;
  if (typeof digits !== "string" || !/^\d{1,20}$/.test(digits)) {
    throw new WireFault("timeUnixNano must be nanoseconds since the epoch, as text");
  }
  const reading = readDigits(digits, "ns");
  return reading.kind === "moment" ? reading.us : 0;
}
