import { canonicalLabels } from "../../core/events/labels.ts";

/** Characters of labels kept, as they were spelled and canonically: some MB. */
const MAX_CHARS = 2_000_000;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/**
 * Canonical labels (`core/events/labels.ts`) by the JSON that they were spelled as. The same few hundred spellings come in every part,
 * and to read one takes as long as ten points of it. When this is full it is emptied.
 */
export class LabelSpellings {
  readonly #canonical = new Map<string, string>();
  readonly #maxChars: number;
  #chars = 0;

  constructor(maxChars = MAX_CHARS) {
    this.#maxChars = maxChars;
  }

  get size(): number {
    return this.#canonical.size;
  }

  /** `spelled`: JSON of labels, "" where there are none. */
  canonical(spelled: string): string {
    if (spelled === "") return "{}";
    const known = this.#canonical.get(spelled);
    if (known !== undefined) return known;
    const canonical = canonicalLabels(read(spelled));
    const chars = spelled.length + canonical.length;
    if (this.#chars + chars > this.#maxChars) {
      this.#canonical.clear();
      this.#chars = 0;
    }
    // A copy: `spelled` is a slice of a frame, and would keep all of that.
    this.#canonical.set(DECODER.decode(ENCODER.encode(spelled)), canonical);
    this.#chars += chars;
    return canonical;
  }
}

/** A lone surrogate has no UTF-8 form, and jsonb takes no escape of one: it would stop the batch for good. */
function read(spelled: string): Record<string, string> {
  const labels = JSON.parse(spelled) as Record<string, string>;
  const entries = Object.entries(labels).map((pair) => pair.map((text) => text.toWellFormed()));
  return Object.fromEntries(entries) as Record<string, string>;
}
