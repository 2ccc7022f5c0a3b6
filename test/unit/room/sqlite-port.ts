import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { LogFrame } from "../../../durable/room/log/log-row.ts";
import { numberOf, type SqlCell, type SqlPort, textOf } from "../../../durable/room/sql-port.ts";
import type { Cursor } from "../../../src/protocol/time.ts";

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

/** The same, and somebody who watches what the room's log writes, before anybody is sent it. */
export function observedSql(observer: {
  onAppended: (frames: LogFrame[]) => void;
  onPruned: (through: Cursor) => void;
}): SqlPort & { logEvents(): number; prunedThrough(): number } {
  const sql = memorySql();
  const one = (query: string) => [...sql.exec(query)][0] ?? {};
  return {
    exec(query, ...bindings) {
      const rows = sql.exec(query, ...bindings);
      if (query.startsWith("INSERT INTO log ")) {
        const [, first, , , , counts, frames] = bindings;
        const texts = textOf(frames).split("\n");
        const eventsOf = textOf(counts).split(",").map(Number);
        observer.onAppended(
          texts.map((text, index) => ({
            cursor: (numberOf(first) + index) as Cursor,
            text,
            count: eventsOf[index] ?? 0,
          })),
        );
      }
      if (query.startsWith("DELETE FROM log ")) observer.onPruned(bindings[0] as Cursor);
      return rows;
    },
    logEvents: () => numberOf(one("SELECT coalesce(sum(events), 0) AS n FROM log")["n"]),
    prunedThrough: () =>
      numberOf(one("SELECT value FROM meta WHERE key = 'pruned_through'")["value"]),
  };
}
