import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SqlCell, SqlPort } from "../../durable/room/sql-port.ts";

/** A SQLite of Node's behind the port of a host's log. */
export function sqlOf(database: DatabaseSync): SqlPort {
  const statements = new Map<string, StatementSync>();
  return {
    exec(query, ...bindings) {
      let statement = statements.get(query);
      if (statement === undefined) {
        statement = database.prepare(query);
        statements.set(query, statement);
      }
      return statement.all(...bindings) as Record<string, SqlCell>[];
    },
  };
}
