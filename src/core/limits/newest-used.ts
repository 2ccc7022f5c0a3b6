/** What is remembered of two generations: as much as that in each. */
interface GenerationLimits {
  entries: number;
  /** Of keys and values, as whoever adds them says. */
  chars: number;
}

interface Entry<Value> {
  value: Value;
  chars: number;
}

/**
 * What was made of texts, by the text, as far as there is room: where a generation is full it becomes the one before, and what nobody
 * has asked for since that began is forgotten. So what is in use stays, and what is new each time costs no more than its place.
 */
export class NewestUsed<Value> {
  readonly #limits: GenerationLimits;
  #young = new Map<string, Entry<Value>>();
  #old = new Map<string, Entry<Value>>();
  #chars = 0;

  constructor(limits: GenerationLimits) {
    this.#limits = limits;
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#add(key, old);
    return old.value;
  }

  /** `key` must not be a part of a longer text, which would be held with it. */
  set(key: string, value: Value, chars: number): void {
    this.#add(key, { value, chars });
  }

  #add(key: string, entry: Entry<Value>): void {
    const { entries, chars } = this.#limits;
    if (this.#young.size >= entries || this.#chars + entry.chars > chars) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#chars = 0;
    }
    this.#chars += entry.chars;
    this.#young.set(key, entry);
  }
}
