import type { Cursor } from "../../../../src/protocol/words/time.ts";

/** A full segment has so many places; the first one begins small. */
const MOST_PLACES = 1 << 17;
const FEWEST_PLACES = 1 << 8;
const FULL = 3 / 4;

/** Keys that came one after another, by open addressing. A cursor of 0 is an empty place. */
interface Segment {
  hashes: Uint32Array;
  cursors: Float64Array;
  used: number;
  /** The latest moment of them. */
  atUs: number;
}

/**
 * Where keys may be, by a hash of 32 bits: 16 bytes a key, so that a day of ten keys a second are 14 MB. Segments go whole once
 * all of theirs are too old.
 */
export class KeyIndex {
  #segments: Segment[] = [];

  add(hash: number, cursor: Cursor, atUs: number): void {
    let segment = this.#segments.at(-1);
    if (segment === undefined || segment.used >= MOST_PLACES * FULL) {
      segment = segmentOf(segment === undefined ? FEWEST_PLACES : MOST_PLACES, atUs);
      this.#segments.push(segment);
    } else if (segment.used >= segment.hashes.length * FULL) {
      segment = grown(segment);
      this.#segments[this.#segments.length - 1] = segment;
    }
    put(segment, hash, cursor);
    if (atUs > segment.atUs) segment.atUs = atUs;
  }

  /** Cursors of rows that may have a key of this hash, newest first. */
  find(hash: number): Cursor[] {
    const found: Cursor[] = [];
    for (const { hashes, cursors } of this.#segments) {
      const mask = hashes.length - 1;
      for (let at = hash & mask; cursors[at] !== 0; at = (at + 1) & mask) {
        if (hashes[at] === hash) found.push(cursors[at] as Cursor);
      }
    }
    return found.sort((a, b) => b - a);
  }

  /** Lets go of segments that have nothing since then. */
  forgetBefore(momentUs: number): void {
    if ((this.#segments[0]?.atUs ?? momentUs) >= momentUs) return;
    this.#segments = this.#segments.filter(({ atUs }) => atUs >= momentUs);
  }
}

function segmentOf(places: number, atUs: number): Segment {
  return { hashes: new Uint32Array(places), cursors: new Float64Array(places), used: 0, atUs };
}

function grown({ hashes, cursors, atUs }: Segment): Segment {
  const segment = segmentOf(hashes.length * 2, atUs);
  for (const [at, cursor] of cursors.entries()) {
    if (cursor !== 0) put(segment, hashes[at] ?? 0, cursor as Cursor);
  }
  return segment;
}

function put(segment: Segment, hash: number, cursor: Cursor): void {
  const { hashes, cursors } = segment;
  const mask = hashes.length - 1;
  let at = hash & mask;
  while (cursors[at] !== 0) at = (at + 1) & mask;
  hashes[at] = hash;
  cursors[at] = cursor;
  segment.used += 1;
}
