import { withPauses } from "../../formats/in-steps.ts";
import { snappyLength, unpackSnappy } from "../../formats/wire/snappy.ts";
import { textOf } from "../../formats/wire/utf8.ts";
import { type RawReading, readRaw } from "./read-raw.ts";
import { overLimit } from "./tally.ts";
import { type Turns, type Unzipping, unzipInTurn } from "./unzip.ts";

/** A request's body as text, or why it was not read. */
export type BodyReading =
  | { kind: "text"; text: string }
  | { kind: "not_utf8" }
  | Exclude<BytesReading, { kind: "bytes" }>;

/** A request's body unpacked, or why it was not read. */
export type BytesReading =
  | RawReading
  | Unzipping
  | Unpacking
  | { kind: "unknown_encoding"; encoding: string; known: string };

type Unpacking =
  | { kind: "bytes"; bytes: Uint8Array }
  | { kind: "too_large"; limitBytes: number; unzipped: true }
  | { kind: "broken"; packing: "snappy" };

export interface BodyLimits {
  rawBytes: number;
  unzippedBytes: number;
}

/** Reads a body of text, gzip or plain, as `readBytes` does. */
export async function readBody(
  request: Request,
  limits: BodyLimits,
  turns: Turns,
): Promise<BodyReading> {
  const read = await readBytes(request, limits, turns);
  if (read.kind !== "bytes") return read;
  const text = await withPauses(textOf(read.bytes), turns.pause);
  return text === null ? { kind: "not_utf8" } : { kind: "text", text };
}

/**
 * Reads a body, gzip or plain, and stops at the limits: the raw one while it arrives, the other while it is
 * unzipped, so that a zip bomb costs no more than a body of that size. A limit of 0 is no limit. What has arrived waits for its
 * turn before it is unzipped or made text.
 */
export async function readBytes(
  request: Request,
  limits: BodyLimits,
  turns: Turns,
): Promise<BytesReading> {
  const encoding = encodingOf(request);
  switch (encoding) {
    case "identity":
    case "": {
      const raw = await readRaw(request, limits.rawBytes);
      if (raw.kind === "bytes") await turns.awaitTurn(raw.bytes.byteLength, raw.bytes.byteLength);
      return raw;
    }
    case "gzip":
    case "x-gzip": {
      const raw = await readRaw(request, limits.rawBytes);
      if (raw.kind !== "bytes") return raw;
      return unzipInTurn(raw.bytes, limits.unzippedBytes, turns);
    }
    default:
      return { kind: "unknown_encoding", encoding, known: "gzip, or none" };
  }
}

/** The same of a body in snappy's block format. */
export async function readSnappy(
  request: Request,
  limits: BodyLimits,
  turns: Turns,
): Promise<BytesReading> {
  const encoding = encodingOf(request);
  if (encoding !== "snappy") return { kind: "unknown_encoding", encoding, known: "snappy" };
  const raw = await readRaw(request, limits.rawBytes);
  return raw.kind === "bytes" ? unpackInTurn(raw.bytes, limits.unzippedBytes, turns) : raw;
}

function encodingOf(request: Request): string {
  return (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
}

/** A block says how long it is unpacked, and is believed as far as it can be true. */
async function unpackInTurn(
  bytes: Uint8Array,
  limitBytes: number,
  { awaitTurn, pause }: Turns,
): Promise<Unpacking> {
  const length = snappyLength(bytes);
  if (length !== null && overLimit(length, limitBytes)) {
    return { kind: "too_large", limitBytes, unzipped: true };
  }
  await awaitTurn(length ?? 0, bytes.byteLength);
  const unpacked = await withPauses(unpackSnappy(bytes), pause);
  return unpacked === null
    ? { kind: "broken", packing: "snappy" }
    : { kind: "bytes", bytes: unpacked };
}
