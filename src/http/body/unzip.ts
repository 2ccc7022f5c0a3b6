import { readAll, Tally } from "./tally.ts";

/** A gzip unpacked, or why it was not. */
export type Unzipping =
  | { kind: "bytes"; bytes: Uint8Array }
  | { kind: "too_large"; limitBytes: number; unzipped: true }
  | { kind: "broken"; packing: "gzip" }
  | { kind: "too_many_members"; most: number };

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

/**
 * Compressed bytes unzipped at a time. The runtime unzips all it is given before anyone can read, and deflate makes at
 * most 1,032 bytes of one (https://zlib.net/zlib_tech.html), so a bomb costs 33 MB and not a gigabyte.
 */
const SLICE_BYTES = 32 * 1024;

/** What unzips to more than is usual begins anew when there is room for as much as may be. */
export async function unzipInTurn(
  bytes: Uint8Array,
  limitBytes: number,
  { awaitTurn, pause }: Turns,
): Promise<Unzipping> {
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
): Promise<Unzipping> {
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
