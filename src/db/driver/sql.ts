import type { SqlValue, Statement } from "./database.ts";

/** A piece of SQL with the values in it. {@link statementOf} makes a statement of it. */
export class Sql {
  /** What stands around the values: one more than there are of them. */
  readonly texts: readonly string[];
  readonly values: readonly (Param | SqlValue)[];

  constructor(texts: readonly string[], values: readonly (Param | SqlValue)[]) {
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
 * SQL as a template: a piece of SQL in it becomes part of the text, and any value a parameter of its
 * own. No text comes into a statement but what stands in a template, or goes through
 * {@link identifier}, {@link literal} or {@link raw}.
 */
export function sql(texts: TemplateStringsArray, ...parts: readonly (Sql | SqlValue)[]): Sql {
  return compose(texts, parts);
}

/** SQL: nothing. */
export const NOTHING = raw("");

/** A value that is one parameter, in however many places of a statement this piece stands. */
export function param(value: SqlValue): Sql {
  return new Sql(["", ""], [new Param(value)]);
}

/**
 * The name of a table or a column, as `ts` or `p.ts`; none of ours needs quotes.
 *
 * @throws for any other text.
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
 * A number in the text itself, for what the planner has to know: a limit, a length.
 *
 * @throws where it is not finite.
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
export function join(pieces: readonly Sql[], between: Sql = raw(", ")): Sql {
  return compose(
    [],
    pieces.flatMap((piece, at) => (at === 0 ? [piece] : [between, piece])),
  );
}

/** Flat, so that a constant is put together once, and a piece without values is one text. */
function compose(texts: readonly string[], parts: readonly (Sql | SqlValue)[]): Sql {
  const flat: string[] = [];
  const values: (Param | SqlValue)[] = [];
  let text = texts[0] ?? "";
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] as Sql | SqlValue;
    if (part instanceof Sql) {
      text += part.texts[0];
      for (let nth = 0; nth < part.values.length; nth += 1) {
        flat.push(text);
        values.push(part.values[nth] as Param | SqlValue);
        text = part.texts[nth + 1] as string;
      }
    } else {
      flat.push(text);
      values.push(part);
      text = "";
    }
    text += texts[at + 1] ?? "";
  }
  flat.push(text);
  return new Sql(flat, values);
}

/** The statement of a whole piece: its parameters are numbered as they stand in the text. */
export function statementOf({ texts, values }: Sql): Statement {
  const params: SqlValue[] = [];
  const places = new Map<Param, number>();
  let text = texts[0] as string;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] as Param | SqlValue;
    let place: number | undefined;
    if (value instanceof Param) {
      place = places.get(value) ?? params.push(value.value);
      places.set(value, place);
    } else {
      place = params.push(value);
    }
    text += `$${place}${texts[at + 1]}`;
  }
  return { text, params };
}
