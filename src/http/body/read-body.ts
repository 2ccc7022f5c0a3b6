import { withPauses } from "../../formats/in-steps.ts";
import { snappyLength, unpackSnappy } from "../../formats/wire/snappy.ts";
import { textOf } from "../../formats/wire/utf8.ts";

/** A request's body as text, or why it was not read. */
export type BodyReading =
  | { kind: "text"; text: string }
  | { kind: "not_utf8" }
  | Exclude<BytesReading, { kind: "bytes" }>;

/** A request's body unpacked, or why it was not read. */
export type BytesReading =
  | { kind: "bytes"; bytes: Uint8Array }
  | { kind: "too_large"; limitBytes: number; unzipped: boolean }
  | { kind: "broken"; packing: Packing }
  | { kind: "too_many_members"; most: number }
  /** It did not come to its end, or its chunks are none. */
  | { kind: "cut_short" }
  | { kind: "unknown_encoding"; encoding: string; known: string };

/** How a body may be packed. */
export type Packing = "gzip" | "snappy";

export interface BodyLimits {
  rawBytes: number;
  unzippedBytes: number;
}

/** Waits until so much text may be worked on; asked again where it turns out to be more. `heldBytes`: of the body as it came. */
type AwaitTurn = (bytes: number, heldBytes: number) => Promise<void>;

/** How a body shares the thread with others. */
export interface Turns {
  awaitTurn: AwaitTurn;
  /** Between two steps of what takes long. */
  pause: () => Promise<void>;
}

/** Text that numbers and names are packed in is seldom longer than so many times what it came as. */
const USUAL_RATIO = 16;

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
): Promise<BytesReading> {
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

/** A body as it comes, up to a limit. @throws what is no fault of the client's. */
async function readRaw(request: Request, limitBytes: number): Promise<BytesReading> {
  try {
    const bytes = await collectRaw(request, limitBytes);
    if (bytes === null) return { kind: "too_large", limitBytes, unzipped: false };
    return { kind: "bytes", bytes };
  } catch (error) {
    if (isConnectionLost(error)) return { kind: "cut_short" };
    throw error;
  }
}

/**
 * Did the client not send the body to its end, or chunks that are none? The runtime says both as the loss of the connection, with the mark
 * that an object has which began anew. What else may fail has no such mark: a body that was read before, memory that is not there.
 */
function isConnectionLost(error: unknown): boolean {
  return (error as { retryable?: unknown } | null)?.retryable === true;
}

/**
 * A body of stated length is read in one go, which is much cheaper; any other is counted while it arrives. Null where it is beyond
 * the limit.
 */
async function collectRaw(request: Request, limitBytes: number): Promise<Uint8Array | null> {
  const length = request.headers.get("content-length");
  if (overLimit(Number(length ?? 0), limitBytes)) {
    await discard(request.body);
    return null;
  }
  if (length !== null) return new Uint8Array(await request.arrayBuffer());
  return collect(request.body, limitBytes);
}

/**
 * Compressed bytes unzipped at a time. The runtime unzips all it is given before anyone can read, and deflate makes at
 * most 1,032 bytes of one (https://zlib.net/zlib_tech.html), so a bomb costs 33 MB and not a gigabyte.
 */
const SLICE_BYTES = 32 * 1024;

/** What unzips to more than is usual begins anew when there is room for as much as may be. */
async function unzipInTurn(
  bytes: Uint8Array,
  limitBytes: number,
  { awaitTurn, pause }: Turns,
): Promise<BytesReading> {
  const usual = bytes.byteLength * USUAL_RATIO;
  if (limitBytes === 0 || usual < limitBytes) {
    await awaitTurn(usual, bytes.byteLength);
    const read = await unzip(bytes, limitBytes === 0 ? 0 : usual, pause);
    if (read.kind !== "too_large") return read;
  }
  await awaitTurn(limitBytes, bytes.byteLength);
  return unzip(bytes, limitBytes, pause);
}

async function unzip(
  bytes: Uint8Array,
  limitBytes: number,
  pause: Turns["pause"],
): Promise<BytesReading> {
  const whole = await unzipMember(bytes, limitBytes);
  const read = whole === "broken" ? await unzipMembers(bytes, limitBytes, pause) : whole;
  if (read === "broken") return { kind: "broken", packing: "gzip" };
  if (read === "too_many") return { kind: "too_many_members", most: MOST_MEMBERS };
  if (read.isOver) return { kind: "too_large", limitBytes, unzipped: true };
  return { kind: "bytes", bytes: read.bytes() };
}

/** The runtime unzips one member, and calls it broken where something follows. */
async function unzipMember(bytes: Uint8Array, limitBytes: number): Promise<Tally | "broken"> {
  const { readable, writable } = new DecompressionStream("gzip");
  const unzipped = new Tally(limitBytes);
  const read = readAll(readable, unzipped)
    .then(() => (unzipped.isOver ? readable.cancel() : undefined))
    .catch(() => "broken" as const);
  const written = writeInSlices(writable, bytes, unzipped).catch(() => "broken" as const);
  const outcomes = await Promise.all([read, written]);
  return outcomes.includes("broken") && !unzipped.isOver ? "broken" : unzipped;
}

/** Members of one body, each of which takes a stream of its own, and what looks like the beginning of one and is none. */
const MOST_MEMBERS = 4_096;
const MOST_MISTAKEN = 16;
/** They take some ms. */
const TURN_MEMBERS = 64;

/**
 * A gzip may be several members one after another (RFC 1952, section 2.2), as `cat a.gz b.gz` makes it. Only unzipping tells
 * where one ends, so each is tried up to wherever the next may begin; its checksum says whether it was whole.
 */
async function unzipMembers(
  bytes: Uint8Array,
  limitBytes: number,
  pause: Turns["pause"],
): Promise<Tally | "broken" | "too_many"> {
  const unzipped = new Tally(limitBytes);
  let start = 0;
  let members = 0;
  let mistaken = 0;
  for (const end of memberBorders(bytes)) {
    if (members === MOST_MEMBERS) return "too_many";
    // Streams of so little are done without a turn of the event loop, and all others would wait.
    if (members % TURN_MEMBERS === TURN_MEMBERS - 1) await pause();
    const left = limitBytes === 0 ? 0 : Math.max(1, limitBytes - unzipped.size);
    const member = await unzipMember(bytes.subarray(start, end), left);
    if (member === "broken") mistaken += 1;
    else {
      unzipped.add(member.bytes());
      members += 1;
      start = end;
    }
    if (unzipped.isOver) return unzipped;
    if (mistaken > MOST_MISTAKEN) return "broken";
  }
  return start === bytes.byteLength ? unzipped : "broken";
}

/** Where a member may end: before the three bytes that begin one (deflate is the only method there is), or at the end. */
function memberBorders(bytes: Uint8Array): number[] {
  const borders: number[] = [];
  for (let at = bytes.indexOf(0x1f, 1); at > 0; at = bytes.indexOf(0x1f, at + 1)) {
    if (bytes[at + 1] === 0x8b && bytes[at + 2] === 8) borders.push(at);
  }
  return [...borders, bytes.byteLength];
}

async function writeInSlices(
  writable: WritableStream<Uint8Array>,
  bytes: Uint8Array,
  unzipped: Tally,
): Promise<void> {
  const writer = writable.getWriter();
  // The same failure rejects the write at hand, where it is seen.
  writer.closed.catch(() => undefined);
  for (let at = 0; at < bytes.byteLength && !unzipped.isOver; at += SLICE_BYTES) {
    await writer.write(bytes.subarray(at, at + SLICE_BYTES));
    if (at + SLICE_BYTES < bytes.byteLength) await settled(unzipped);
  }
  if (!unzipped.isOver) await writer.close();
}

/** Resolves when what is unzipped so far has been read, as far as a turn without any progress tells. */
async function settled(unzipped: Tally): Promise<void> {
  for (let before = -1; before !== unzipped.size; ) {
    before = unzipped.size;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Whoever sends more than this beyond the limit does not deserve the answer. */
const MOST_DISCARDED_BYTES = 32 * 1024 * 1024;

/** All bytes of the stream, or null as soon as they are more than the limit. */
async function collect(
  stream: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<Uint8Array | null> {
  const tally = new Tally(limitBytes);
  if (stream !== null) await readAll(stream, tally);
  if (tally.isOver) await discard(stream);
  return tally.isOver ? null : tally.bytes();
}

/**
 * Reads the rest of a body that is refused: many clients look for an answer only when they have sent everything, and a
 * connection that is closed before gives them a broken pipe instead of the reason.
 */
async function discard(stream: ReadableStream<Uint8Array> | null): Promise<void> {
  if (stream === null) return;
  const reader = stream.getReader();
  for (let size = 0; size < MOST_DISCARDED_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return;
    size += value.byteLength;
  }
  await reader.cancel();
}

/** Reads until the stream ends or the tally is over its limit. */
async function readAll(stream: ReadableStream<Uint8Array>, tally: Tally): Promise<void> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    tally.add(value);
    if (tally.isOver) return reader.releaseLock();
  }
}

/** Bytes gathered up to a limit; 0 is no limit. */
class Tally {
  readonly #limitBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get size(): number {
    return this.#size;
  }

  get isOver(): boolean {
    return overLimit(this.#size, this.#limitBytes);
  }

  add(chunk: Uint8Array): void {
    this.#size += chunk.byteLength;
    this.#chunks.push(chunk);
  }

  bytes(): Uint8Array {
    const [only] = this.#chunks;
    if (this.#chunks.length === 1 && only !== undefined) return only;
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  }
}

function overLimit(size: number, limitBytes: number): boolean {
  return limitBytes > 0 && size > limitBytes;
}
