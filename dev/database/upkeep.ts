import type { Backend } from "./backend.ts";

/** Recovery after a kill replays what was written since the last checkpoint; this bounds it. */
export const CHECKPOINT_INTERVAL_MS = 30_000;

/** As autovacuum would: a table is due when this share of it, and at least so many rows, are new or dead. */
const VACUUM_SHARE = 0.2;
const VACUUM_MIN_ROWS = 50_000;

export interface UpkeepDeps {
  backend: Pick<Backend, "run">;
  log(event: string, facts: Record<string, unknown>): void;
}

/**
 * What a Postgres server's background processes do, for PGlite, which has none: one step summarises new block ranges,
 * vacuums and analyses the tables that have grown, and writes a checkpoint. Steps in which nothing was written
 * do nothing. Never rejects: the next step tries again.
 */
export class Upkeep {
  readonly #deps: UpkeepDeps;
  #checkpointedAt = "";
  #running: Promise<void> = Promise.resolve();

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
  }

  /** Steps never overlap; resolves when this one is done. */
  step(): Promise<void> {
    this.#running = this.#running.then(() => this.#step());
    return this.#running;
  }

  async #step(): Promise<void> {
    try {
      const written = await this.#value("select pg_current_wal_insert_lsn()::text");
      if (written === this.#checkpointedAt) return;
      await this.#run(
        `select brin_summarize_new_values(c.oid) from pg_class c join pg_am a on a.oid = c.relam
         where a.amname = 'brin' and c.relkind = 'i' and c.relnamespace = 'public'::regnamespace`,
      );
      for (const table of await this.#dueTables()) await this.#run(`vacuum (analyze) ${table}`);
      await this.#run("checkpoint");
      this.#checkpointedAt = await this.#value("select pg_current_wal_insert_lsn()::text");
    } catch (error) {
      this.#deps.log("upkeep_failed", { error: String(error) });
    }
  }

  async #dueTables(): Promise<string[]> {
    const { rows } = await this.#deps.backend.run({
      text: `select quote_ident(schemaname) || '.' || quote_ident(relname) from pg_stat_user_tables
             where n_ins_since_vacuum + n_dead_tup > greatest($1::float8, $2::float8 * n_live_tup)`,
      params: [String(VACUUM_MIN_ROWS), String(VACUUM_SHARE)],
    });
    return rows.map(([name]) => name ?? "");
  }

  async #value(text: string): Promise<string> {
    const { rows } = await this.#deps.backend.run({ text, params: [] });
    return rows[0]?.[0] ?? "";
  }

  async #run(text: string): Promise<void> {
    await this.#deps.backend.run({ text, params: [] });
  }
}
