/** What the room's log needs of SQLite: `SqlStorage` on Workers, `node:sqlite` in unit tests. */
export interface SqlPort {
  exec(query: string, ...bindings: SqlValue[]): Iterable<Record<string, SqlCell>>;
}

export type SqlValue = string | number | null;
export type SqlCell = string | number | null | ArrayBuffer;

/** The number in a column; a bug in the query where there is none. */
export function numberOf(cell: SqlCell | undefined): number {
  if (typeof cell !== "number")
    throw new TypeError(`expected a number in the row, found ${typeof cell}`);
  return cell;
}

/** The text in a column; a bug in the query where there is none. */
export function textOf(cell: SqlCell | undefined): string {
  if (typeof cell !== "string")
    throw new TypeError(`expected text in the row, found ${typeof cell}`);
  return cell;
}
