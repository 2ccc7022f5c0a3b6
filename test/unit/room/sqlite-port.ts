import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { SqlCell, SqlPort } from "../../../durable/room/sql-port.ts";

/** SQLite in memory behind the room's port; it outlives the objects that a test makes over it, as a room's disk does. */
export function memorySql(): SqlPort {
  const database = new DatabaseSync(":memory:");
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
