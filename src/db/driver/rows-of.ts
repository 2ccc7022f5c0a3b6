import { rfc3339Of } from "../../core/time/civil-time.ts";
import { numberArray, textArray } from "./array-text.ts";
import { identifier, identifiers, join, NOTHING, param, type Sql, sql } from "./sql.ts";

type Numbers = readonly (number | null)[];

/** SQL: an array of numbers, or of texts, as one parameter. */
export const int2s = (values: Numbers) => sql`${param(numberArray(values))}::int2[]`;
export const int4s = (values: Numbers) => sql`${param(numberArray(values))}::int4[]`;
export const int8s = (values: Numbers) => sql`${param(numberArray(values))}::int8[]`;
export const float8s = (values: Numbers) => sql`${param(numberArray(values))}::float8[]`;
/** The same of numbers that are digits already. */
export const digits = (values: readonly string[], type: "int2" | "int4" | "int8" | "float8") =>
  sql`${param(`{${values.join(",")}}`)}::${identifier(type)}[]`;
export const texts = (values: readonly string[]) => sql`${param(textArray(values))}::text[]`;

/** SQL: moments in microseconds, as `momentOf` has one. */
export const moments = (us: readonly number[]) =>
  sql`${param(textArray(us.map(rfc3339Of)))}::timestamptz[]`;

/**
 * SQL: a row source of arrays, each a column: `unnest($1::int8[]) as u (ts_us)`. With `place` a
 * last column of that name counts the rows from 1.
 */
export function rowsOf(name: string, columns: Readonly<Record<string, Sql>>, place?: string): Sql {
  const names = [...Object.keys(columns), ...(place === undefined ? [] : [place])];
  const counted = place === undefined ? NOTHING : sql`with ordinality `;
  return sql`unnest(${join(Object.values(columns))}) ${counted}as ${identifiers([name])} (${identifiers(names)})`;
}
