import { shorten } from "../../core/answers/shorten.ts";

/** What is named of the points that were not taken: more kinds of faults than these are counted together. */
const MOST_REASONS = 5;
const MOST_EXAMPLE_CHARS = 80;
/** Prometheus logs so much of an answer, and one line. */
const MOST_TEXT_CHARS = 1_000;

/** Why points of a request were not taken while the others were. */
export class Refused {
  readonly #reasons = new Map<string, { count: number; example: string }>();
  #others = 0;
  #count = 0;

  /** Points, in the format's own count. */
  get count(): number {
    return this.#count;
  }

  /** `reason` goes on from the name of what was refused, which is `example`. */
  add(reason: string, example: string, count = 1): void {
    this.#count += count;
    const known = this.#reasons.get(reason);
    if (known !== undefined) known.count += count;
    else if (this.#reasons.size < MOST_REASONS) this.#reasons.set(reason, { count, example });
    else this.#others += count;
  }

  /** In one line. `what`: the word for them, in the plural. */
  text(what: string): string {
    const reasons = Array.from(this.#reasons, ([reason, { count, example }]) => {
      const name = example === "" ? "one without a name" : shorten(example, MOST_EXAMPLE_CHARS);
      return `${name} ${reason}${count > 1 ? ` (and ${count - 1} more)` : ""}`;
    });
    if (this.#others > 0) reasons.push(`${this.#others} have other faults`);
    const text = `${this.#count} ${what} were not taken, the others were: ${reasons.join("; ")}`;
    return shorten(text.replaceAll(/[\r\n]+/g, " "), MOST_TEXT_CHARS);
  }
}
