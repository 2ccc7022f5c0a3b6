import type { RoomId } from "./log-row.ts";

/** How the bytes are meant: the distances of the rooms as varints, or the distance of the first and a bit a room. */
const KIND = { distances: 0, bits: 1 } as const;

/**
 * An immutable set of rooms in as few bytes as it takes. A host has many blocks, so each holds its rooms like this, in memory
 * and on disk.
 */
export class RoomSet implements Iterable<RoomId> {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  static of(rooms: Iterable<RoomId>): RoomSet {
    const sorted = Uint32Array.from(new Set(rooms)).sort();
    const lowest = sorted[0] ?? 0;
    const span = sorted.length === 0 ? 0 : (sorted.at(-1) ?? 0) - lowest + 1;
    const distances: number[] = [KIND.distances];
    let before = 0;
    for (const room of sorted) {
      pushVarint(distances, room - before);
      before = room;
    }
    const bits: number[] = [KIND.bits];
    pushVarint(bits, lowest);
    if (sorted.length === 0 || bits.length + Math.ceil(span / 8) >= distances.length) {
      return new RoomSet(Uint8Array.from(distances));
    }
    const bytes = new Uint8Array(bits.length + Math.ceil(span / 8));
    bytes.set(bits);
    for (const room of sorted) {
      const at = bits.length + ((room - lowest) >> 3);
      bytes[at] = (bytes[at] ?? 0) | (1 << ((room - lowest) & 7));
    }
    return new RoomSet(bytes);
  }

  /** The set that `toText` wrote. */
  static parse(text: string): RoomSet {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return new RoomSet(bytes);
  }

  /** Text, for the log's port to SQLite binds no blobs. */
  toText(): string {
    let binary = "";
    for (const byte of this.#bytes) binary += String.fromCharCode(byte);
    return btoa(binary);
  }

  has(room: RoomId): boolean {
    const bytes = this.#bytes;
    let at = 1;
    let value = 0;
    while (at < bytes.length) {
      // A varint, inline: a quiet room asks this of every block of the log.
      let byte = bytes[at++] ?? 0;
      let distance = byte & 0x7f;
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = bytes[at++] ?? 0;
        distance |= (byte & 0x7f) << shift;
      }
      value += distance;
      if (bytes[0] === KIND.bits) {
        const index = room - value;
        if (index < 0) return false;
        return (((bytes[at + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1;
      }
      if (value >= room) return value === room;
    }
    return false;
  }

  *[Symbol.iterator](): Generator<RoomId> {
    const bytes = this.#bytes;
    let value = 0;
    for (let at = 1; at < bytes.length; ) {
      let byte = bytes[at++] ?? 0;
      let distance = byte & 0x7f;
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = bytes[at++] ?? 0;
        distance |= (byte & 0x7f) << shift;
      }
      value += distance;
      if (bytes[0] === KIND.distances) {
        yield value as RoomId;
        continue;
      }
      for (let index = 0; index < (bytes.length - at) * 8; index += 1) {
        if ((((bytes[at + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1) {
          yield (value + index) as RoomId;
        }
      }
      return;
    }
  }
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}
