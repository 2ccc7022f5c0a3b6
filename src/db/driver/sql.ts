import type { SqlValue, Statement } from "./database.ts";

/** A piece of SQL with the values in it. {@link statementOf} makes a statement of it. */
export class Sql {
  /** What stands around the values: one more than there are of them. */
  readonly texts: readonly string[];
  readonly values: readonly (Sql | Param | SqlValue)[];

  constructor(texts: readonly string[], values: readonly (Sql | Param | SqlValue)[]) {
    this.texts = texts;
    this.values = values;
  }
}

class Param {
  readonly value: SqlValue;

  constructor(value: SqlValue) {
    this.value = value;
  }
}

/**
 * SQL as a template: a piece of SQL in it becomes part of the text, and any value a parameter of
 * its own. No text comes into a statement but what stands in a template, or goes through {@link
 * identifier}, {@link literal} or {@link raw}.
 */
export function sql(texts: TemplateStringsArray, ...values: readonly (Sql | SqlValue)[]): Sql {
  return new Sql(texts, values);
}

/** SQL: nothing. */
export const NOTHING = sql``;

/** A value that is one parameter, in however many places of a statement this piece stands. */
export function param(value: SqlValue): Sql {
  return new Sql(["", ""], [new Param(value)]);
}

/**
 * The name of a table or a column, as `ts` or `p.ts`; none of ours needs quotes. @throws for any
 * other text.
 */
export function identifier(name: string): Sql {
  if (!/^[a-z_]\w*(\.[a-z_]\w*)?$/.test(name)) throw new Error(`${name} is no name of our SQL`);
  return raw(name);
}

/** Names, joined by commas. */
export function identifiers(names: readonly string[]): Sql {
  return join(names.map(identifier));
}

/**
 * A number in the text itself, for what the planner has to know: a limit, a length. @throws where
 * it is not finite.
 */
export function literal(value: number): Sql {
  if (!Number.isFinite(value)) throw new Error(`${value} is no number of SQL`);
  return raw(String(value));
}

/** Text as it is. Whoever calls it vouches for that text: it is a constant of the program. */
export function raw(text: string): Sql {
  return new Sql([text], []);
}

/** One piece of many, with `between` between any two: a comma, where nothing else is said. */
export function join(pieces: readonly Sql[], between: Sql = COMMA): Sql {
  const parts = pieces.flatMap((piece, at) => (at === 0 ? [piece] : [between, piece]));
  return new Sql(Array<string>(parts.length + 1).fill(""), parts);
}

const COMMA = raw(", ");

/**
 * The statement of a whole piece: its parameters are numbered in the order they stand in the text.
 */
export function statementOf(whole: Sql): Statement {
  const params: SqlValue[] = [];
  const places = new Map<Param, string>();
  const place = (value: SqlValue) => `$${params.push(value)}`;
  const textOf = ({ texts, values }: Sql): string =>
    values.reduce(
      (text: string, value, at) => `${text}${partOf(value)}${texts[at + 1]}`,
      texts[0] ?? "",
    );
  const partOf = (value: Sql | Param | SqlValue): string => {
    if (value instanceof Sql) return textOf(value);
    if (!(value instanceof Param)) return place(value);
    const known = places.get(value) ?? place(value.value);
    places.set(value, known);
    return known;
  };
  return { text: textOf(whole), params };
}
