/**
 * Text forms of Postgres arrays (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO),
 * built column by column: the Writer sends every batch as one array a column.
 */

/**
 * `{1,2.5,-0,NULL}`: every finite double exactly. JavaScript's shortest form is read back by
 * Postgres bit by bit.
 */
export function numberArray(values: readonly (number | null)[]): string {
  let text = "{";
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number | null;
    if (i > 0) text += ",";
    // String(-0) is "0", which would lose the sign.
    text += value === 0 && Object.is(value, -0) ? "-0" : (value ?? "NULL");
  }
  return `${text}}`;
}

/** `{"a","b\"c"}`: every text is quoted, so that no character and no word means anything else. */
export function textArray(values: readonly string[]): string {
  let text = "{";
  for (let i = 0; i < values.length; i += 1) {
    if (i > 0) text += ",";
    text += quoteElement(values[i] as string);
  }
  return `${text}}`;
}

function quoteElement(value: string): string {
  const escaped = NEEDS_ESCAPE.test(value) ? value.replace(/["\\]/g, "\\$&") : value;
  // A lone surrogate has no UTF-8 form: Postgres would refuse the whole batch for it.
  return `"${escaped.toWellFormed()}"`;
}

const NEEDS_ESCAPE = /["\\]/;
