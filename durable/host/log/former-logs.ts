import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SqlPort } from "../../room/sql-port.ts";
import type { PredecessorsDeps } from "../symbols/earlier/predecessors.ts";

/**
 * Logs that symbols of this host were in before they were handed over to it. All that those logs had of them is in Postgres, so a
 * cursor of one is as good as one of ours (SPEC C-6).
 */
export class FormerLogs {
  readonly #sql: SqlPort;
  readonly #ids: Set<LogId>;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    sql.exec("CREATE TABLE IF NOT EXISTS former_logs (id TEXT PRIMARY KEY) WITHOUT ROWID");
    this.#ids = new Set();
    for (const { id } of sql.exec("SELECT id FROM former_logs")) this.#ids.add(id as LogId);
  }

  get all(): LogId[] {
    return [...this.#ids];
  }

  has(id: LogId): boolean {
    return this.#ids.has(id);
  }

  add(id: LogId): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    this.#sql.exec("INSERT INTO former_logs (id) VALUES (?)", id);
  }
}

/** The log that a symbol was in is known before the symbol has its place here (SPEC C-6). */
export function rememberingLogs(
  others: PredecessorsDeps["others"],
  logs: FormerLogs,
): PredecessorsDeps["others"] {
  return {
    ...others,
    async handOver(host, symbol, before, isYours) {
      const answer = await others.handOver(host, symbol, before, isYours);
      if (answer.kind === "handed_over" && answer.log !== null) logs.add(answer.log);
      return answer;
    },
  };
}
