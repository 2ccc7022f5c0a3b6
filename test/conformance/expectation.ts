import { isDeepStrictEqual } from "node:util";
import type * as z from "zod";

/** Longest part of an answer that a report repeats, in characters. */
const MOST_CHARACTERS = 300;

/** The server did something else than the rule says. */
export class Unmet extends Error {
  readonly expected: string;
  readonly came: string;

  constructor(expected: string, came: unknown) {
    const said = textOf(came);
    super(`expected ${expected}; came ${said}`);
    this.expected = expected;
    this.came = said;
  }
}

/** This server, as it is set up, does not show whether it keeps the rule. */
export class NotSeen extends Error {}

/** @throws {Unmet} unless `came` is `expected`, whatever its type, member by member. */
export function equals(what: string, came: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(came, expected)) throw new Unmet(`${what} ${textOf(expected)}`, came);
}

/** @throws {Unmet} unless `condition` is true; `came` is what was looked at. */
export function holds(what: string, condition: boolean, came: unknown): asserts condition {
  if (!condition) throw new Unmet(what, came);
}

/** JSON of this shape. @throws {Unmet} where it is none. */
export function parsed<Schema extends z.ZodType>(
  what: string,
  schema: Schema,
  text: string,
): z.infer<Schema> {
  const read = schema.safeParse(jsonOf(what, text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Unmet(`${what} whose ${issue?.path.join(".")} ${issue?.message}`, text);
}

function jsonOf(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unmet(`${what} as JSON`, text);
  }
}

function textOf(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text;
}
