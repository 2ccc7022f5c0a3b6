import { MAX_LOG_FIELDS_CHARS, MAX_LOG_NAME_CHARS } from "../../protocol/events/log.ts";
import { isStorable } from "../../protocol/words/name.ts";

/** How deep a value may nest, and of how many values all fields of a line may consist. */
const MOST_DEPTH = 8;
const MOST_VALUES = 1_000;
/** What is shorter than this says nothing that would be worth its place. */
const LEAST_CUT_CHARS = 16;

/** A text as Postgres can hold it: what it cannot is the mark of a character that was lost. */
export function storableText(text: string): string {
  return isStorable(text) ? text : text.toWellFormed().replaceAll("\u0000", "\uFFFD");
}

/** The beginning of a text, without half a character at its end. */
export function beginningOf(text: string, most: number): string {
  const cut = text.slice(0, most);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}

/** The fields of a log line, gathered until they are too long. */
export class LogFields {
  /** Something was too long, too deep or too much, and is not in them. */
  isCut = false;
  readonly #fields: Record<string, unknown> = {};
  #chars = 0;
  #values = 0;
  #count = 0;

  get fields(): Record<string, unknown> | undefined {
    return this.#count === 0 ? undefined : this.#fields;
  }

  /** Of all of them as JSON, about. */
  get chars(): number {
    return this.#chars;
  }

  /** The first of a name stays. Undefined is none. */
  add(name: string, value: unknown): void {
    if (value === undefined) return;
    const key = storableText(name);
    if (key === "" || key.length > MAX_LOG_NAME_CHARS || key === "__proto__") {
      this.isCut = true;
      return;
    }
    if (Object.hasOwn(this.#fields, key)) return;
    const clean = this.#clean(value, 0);
    const room = MAX_LOG_FIELDS_CHARS - this.#chars - key.length - 4;
    const kept = this.#fit(clean, room);
    if (kept === undefined) return;
    this.#fields[key] = kept.value;
    this.#chars += key.length + 4 + kept.chars;
    this.#count += 1;
  }

  #fit(value: unknown, room: number): { value: unknown; chars: number } | undefined {
    const chars = typeof value === "string" ? value.length + 2 : JSON.stringify(value).length;
    if (chars <= room) return { value, chars };
    this.isCut = true;
    if (typeof value !== "string" || room < LEAST_CUT_CHARS) return undefined;
    return { value: beginningOf(value, room - 2), chars: room };
  }

  /** The same value as far as it can be stored; null where it nests too deep, or there are too many. */
  #clean(value: unknown, depth: number): unknown {
    this.#values += 1;
    if (typeof value === "string") return storableText(value);
    // JSON may write a number that no double holds, and has none itself that is not finite.
    if (typeof value === "number" && !Number.isFinite(value)) return String(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth >= MOST_DEPTH || this.#values > MOST_VALUES) {
      this.isCut = true;
      return null;
    }
    if (Array.isArray(value)) {
      return this.#some(value).map((part) => this.#clean(part, depth + 1));
    }
    const clean: Record<string, unknown> = {};
    for (const [name, part] of this.#some(Object.entries(value))) {
      if (name === "__proto__") this.isCut = true;
      else clean[storableText(name)] = this.#clean(part, depth + 1);
    }
    return clean;
  }

  #some<Part>(parts: readonly Part[]): readonly Part[] {
    const most = Math.max(0, MOST_VALUES - this.#values);
    if (parts.length <= most) return parts;
    this.isCut = true;
    return parts.slice(0, most);
  }
}
