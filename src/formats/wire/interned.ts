/** Of one body. Where there are more, what repeats is among the first of them. */
const MOST_KNOWN = 8_192;
/** Longer parts are no names and no good labels, and to compare many of them takes long. */
const MOST_LENGTH = 4_096;

/** What was made of a part of a body. */
export interface Interned<Made> {
  readonly made: Made;
  readonly start: number;
  readonly length: number;
}

/**
 * What was made of parts of one body, by their bytes. Remote write and OTLP repeat names and values with every series: to find what
 * was there before costs a fifth of making it, and equal texts are one text in memory.
 */
export class Interner<Made> {
  readonly #bytes: Uint8Array;
  readonly #make: (start: number, length: number) => Made;
  readonly #known = new Map<number, Interned<Made>>();

  constructor(bytes: Uint8Array, make: (start: number, length: number) => Made) {
    this.#bytes = bytes;
    this.#make = make;
  }

  /** `guess`: what it may well be, looked at first. */
  at(start: number, length: number, guess?: Interned<Made>): Interned<Made> {
    if (length > MOST_LENGTH) return { made: this.#make(start, length), start, length };
    if (guess !== undefined && this.#isSame(guess, start, length)) return guess;
    const hash = this.#hash(start, length);
    const known = this.#known.get(hash);
    if (known !== undefined && this.#isSame(known, start, length)) return known;
    const interned = { made: this.#make(start, length), start, length };
    // Of two with one hash the first stays: whoever makes hashes meet gains nothing but slow texts.
    if (known === undefined && this.#known.size < MOST_KNOWN) this.#known.set(hash, interned);
    return interned;
  }

  /** Of the length and some bytes: which of them differ is seen by comparing. */
  #hash(start: number, length: number): number {
    const bytes = this.#bytes;
    let hash = Math.imul(length ^ 0x9e3779b1, 0x01000193);
    const end = start + Math.min(length, 64);
    for (let at = start; at < end; at += 1) {
      hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    }
    return hash;
  }

  #isSame(known: Interned<Made>, start: number, length: number): boolean {
    if (known.length !== length) return false;
    const bytes = this.#bytes;
    const before = known.start;
    // From the end, for names begin alike.
    for (let at = length - 1; at >= 0; at -= 1) {
      if (bytes[before + at] !== bytes[start + at]) return false;
    }
    return true;
  }
}
