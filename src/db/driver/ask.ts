import type { Database, Row } from "./database.ts";
import { type Sql, statementOf } from "./sql.ts";

/** The rows of one statement. @throws DatabaseError */
export function ask(db: Database, statement: Sql, tag?: string): Promise<Row[]> {
  const { text, params } = statementOf(statement);
  return db.query(text, params, tag);
}

/** The rows of each statement of one transaction. @throws DatabaseError */
export function askAll(db: Database, statements: readonly Sql[], tag?: string): Promise<Row[][]> {
  return db.transaction(statements.map(statementOf), tag);
}
