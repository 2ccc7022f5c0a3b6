import { isStorable, MAX_NAME_LENGTH } from "../../protocol/events/event.ts";
import { WireFault } from "./wire-fault.ts";

/** A text of a body, decoded once however often it stands there. */
export interface Word {
  readonly text: string;
  /** May be a metric's name, a label's name or its value (SPEC I-3). */
  readonly isName: boolean;
}

export function wordOf(text: string): Word {
  const isName = text.length > 0 && text.length <= MAX_NAME_LENGTH && isStorable(text);
  return { text, isName };
}

interface KnownWord extends Word {
  start: number;
  length: number;
}

/** Of one body. Where there are more, what repeats is among the first of them. */
const MOST_KNOWN = 8_192;

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The texts of one body. Remote write and OTLP repeat names and values with every series: to find one that was there before costs
 * a fifth of decoding it, and equal texts are one text in memory.
 */
export class Words {
  readonly #bytes: Uint8Array;
  readonly #known = new Map<number, KnownWord>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws WireFault where these bytes are no UTF-8. */
  at(start: number, length: number): Word {
    const hash = this.#hash(start, length);
    const known = this.#known.get(hash);
    if (
      known !== undefined &&
      known.length === length &&
      this.#isSame(known.start, start, length)
    ) {
      return known;
    }
    const word = { ...wordOf(this.#decode(start, length)), start, length };
    // Of two with one hash the first stays: whoever makes hashes meet gains nothing but slow words.
    if (known === undefined && this.#known.size < MOST_KNOWN) this.#known.set(hash, word);
    return word;
  }

  #decode(start: number, length: number): string {
    try {
      return DECODER.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw new WireFault("a text in it is not UTF-8");
    }
  }

  /** Of the length and some bytes: which of them differ is seen by comparing. */
  #hash(start: number, length: number): number {
    let hash = Math.imul(length ^ 0x9e3779b1, 0x01000193);
    const end = start + Math.min(length, 64);
    for (let at = start; at < end; at += 1) {
      hash = Math.imul(hash ^ (this.#bytes[at] as number), 0x01000193);
    }
    return hash;
  }

  #isSame(one: number, other: number, length: number): boolean {
    for (let at = 0; at < length; at += 1) {
      if (this.#bytes[one + at] !== this.#bytes[other + at]) return false;
    }
    return true;
  }
}
