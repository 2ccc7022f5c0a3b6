/**
 * The numbers of a column that came as one text, joined by commas: one row of long texts is several
 * times cheaper than many rows on every step of the way. Null, which is no rows, is no numbers.
 */
export function numbersOf(column: unknown): number[] {
  return optionalNumbersOf(column) as number[];
}

/** The same of a column that has the word `null` where there is no number. */
export function optionalNumbersOf(column: unknown): (number | null)[] {
  if (typeof column !== "string") return [];
  // The engine's own parser of JSON is more than twice as fast as taking the text apart.
  return JSON.parse(`[${column}]`) as (number | null)[];
}
