import { type InSteps, STEP_BYTES } from "../in-steps.ts";

/*
 * Snappy's block format, as remote write has it: https://github.com/google/snappy/blob/main/format_description.txt. A library
 * would be `snappyjs`, which takes no limit and trusts what it reads.
 */

/** A copy makes at most 64 bytes of three, so nothing unpacks to more than so many times its length. */
const MOST_RATIO = 22;
/** Below that a loop is quicker than a view of the bytes. */
const SHORT = 24;

/** How long it says it is unpacked, before any of that is taken; null where it cannot be true. */
export function snappyLength(bytes: Uint8Array): number | null {
  const { length, at } = preamble(bytes);
  return at === 0 || length > (bytes.length - at) * MOST_RATIO ? null : length;
}

/** Unpacks a block; null where it is broken or cut short. Takes as much memory as `snappyLength` says. */
export function* unpackSnappy(bytes: Uint8Array): InSteps<Uint8Array | null> {
  const length = snappyLength(bytes);
  if (length === null) return null;
  const unpacked = new Uint8Array(length);
  let { at } = preamble(bytes);
  let to = 0;
  let turnEnd = STEP_BYTES;
  while (at < bytes.length) {
    // An element makes at most 64 bytes one by one, or any number at once.
    if (to > turnEnd) {
      turnEnd = to + STEP_BYTES;
      yield;
    }
    const tag = bytes[at++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      let size = (tag >>> 2) + 1;
      if (size > 60) {
        const wide = size - 60;
        if (at + wide > bytes.length) return null;
        size = littleEndian(bytes, at, wide) + 1;
        at += wide;
      }
      if (at + size > bytes.length || to + size > length) return null;
      if (size < SHORT)
        for (let n = 0; n < size; n += 1) unpacked[to + n] = bytes[at + n] as number;
      else unpacked.set(bytes.subarray(at, at + size), to);
      at += size;
      to += size;
      continue;
    }
    const wide = kind === 3 ? 4 : kind;
    if (at + wide > bytes.length) return null;
    const low = littleEndian(bytes, at, wide);
    at += wide;
    const offset = kind === 1 ? ((tag >>> 5) << 8) | low : low;
    const size = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    if (offset === 0 || offset > to || to + size > length) return null;
    // A copy may reach into what it writes: that repeats a pattern.
    for (let n = 0; n < size; n += 1) unpacked[to + n] = unpacked[to + n - offset] as number;
    to += size;
  }
  return to === length ? unpacked : null;
}

/** `at`: where the elements begin; 0 where there is no length of at most 32 bits. */
function preamble(bytes: Uint8Array): { length: number; at: number } {
  let length = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { length, at: length < 2 ** 32 ? at + 1 : 0 };
  }
  return { length: 0, at: 0 };
}

function littleEndian(bytes: Uint8Array, at: number, wide: number): number {
  let value = 0;
  for (let n = wide - 1; n >= 0; n -= 1) value = value * 256 + (bytes[at + n] as number);
  return value;
}
