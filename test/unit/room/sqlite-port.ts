import { DatabaseSync } from "node:sqlite";
import { sqlOf } from "../../../dev/backup/sqlite-port.ts";
import type { SqlPort } from "../../../durable/room/sql-port.ts";

/** SQLite in memory behind the room's port; it outlives the objects that a test makes over it, as a room's disk does. */
export function memorySql(): SqlPort {
  return sqlOf(new DatabaseSync(":memory:"));
}
