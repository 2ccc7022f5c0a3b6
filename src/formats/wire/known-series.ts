import type { Series } from "../../core/events/series.ts";

/** Of each of two generations. */
const MOST = { entries: 8_192, bytes: 1024 * 1024 };

interface Entry {
  readonly series: Series;
  /** Where its bytes are. */
  readonly start: number;
  readonly length: number;
}

/** Bytes, and the same as numbers of four of them. */
export class Words {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** The first so many bytes. */
export interface SeriesKey {
  words: Words;
  length: number;
}

class Generation {
  readonly entries = new Map<number, Entry>();
  readonly words = new Words(new Uint8Array(MOST.bytes));
  used = 0;
}

/**
 * Series that bodies of before had, by the bytes that say them: a sender has the same ones in every body, and to find one costs a
 * tenth of making it. Where a generation is full it becomes the one before, and what nobody has asked for since that began is forgotten.
 */
export class KnownSeries {
  #young: Generation | null = null;
  #old: Generation | null = null;
  readonly #ids = new Map<string, number>();
  #lastId = 0;

  /** A number for a text that is said once for many series. It is never another text's. */
  idOf(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (this.#ids.size >= MOST.entries) this.#ids.clear();
    this.#lastId += 1;
    this.#ids.set(text, this.#lastId);
    return this.#lastId;
  }

  /** What these bytes say; undefined where that is not known. */
  find(from: Words, start: number, end: number): Series | undefined {
    const hash = hashOf(from, start, end);
    const young = this.#young === null ? undefined : found(this.#young, hash, from, start, end);
    if (young !== undefined || this.#old === null) return young;
    const old = found(this.#old, hash, from, start, end);
    if (old !== undefined) this.#add(hash, old, from, start, end);
    return old;
  }

  /** Remembers a good series. */
  keep(series: Series, from: Words, start: number, end: number): void {
    this.#add(hashOf(from, start, end), series, from, start, end);
  }

  #add(hash: number, series: Series, from: Words, start: number, end: number): void {
    const length = end - start;
    if (length > MOST.bytes) return;
    let young = this.#young;
    if (young === null || young.entries.size >= MOST.entries || young.used + length > MOST.bytes) {
      this.#old = young;
      young = new Generation();
      this.#young = young;
    }
    young.words.bytes.set(from.bytes.subarray(start, end), young.used);
    // Of two with one hash the later stays: whoever makes hashes meet gains nothing but slow series.
    young.entries.set(hash, { series, start: young.used, length });
    young.used += length;
  }
}

function found(
  { entries, words }: Generation,
  hash: number,
  from: Words,
  start: number,
  end: number,
): Series | undefined {
  const entry = entries.get(hash);
  if (entry === undefined || entry.length !== end - start) return undefined;
  const ahead = entry.start - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    if (words.view.getInt32(ahead + at) !== from.view.getInt32(at)) return undefined;
  }
  for (; at < end; at += 1) {
    if (words.bytes[ahead + at] !== from.bytes[at]) return undefined;
  }
  return entry.series;
}

function hashOf({ bytes, view }: Words, start: number, end: number): number {
  let hash = Math.imul((end - start) ^ 0x9e3779b1, 0x01000193);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  for (; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash;
}
