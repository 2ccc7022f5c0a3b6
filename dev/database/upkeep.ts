import type { Backend } from "./backend.ts";

/** How often a step is due, in ms. Block ranges that are not summarised yet are read by every replay. */
export const UPKEEP_INTERVAL_MS = 5_000;

/** Recovery after a kill reads the log written since the last checkpoint, at about 60 MB/s: this bounds it to seconds. */
const CHECKPOINT_BYTES = 128 * 1024 * 1024;
/** A checkpoint at the latest so long after the first write, in ms. */
const CHECKPOINT_MS = 30_000;

/**
 * SQL statements for tables that are due, by autovacuum's own measure: a fifth of the rows, and at least 50,000. New rows
 * ask for new statistics (a sample, at a constant price); of partitions each for itself, for what is partitioned has no
 * rows, and no age, which counts as the greatest. Only dead rows ask for a vacuum, whose price grows with the
 * table: nothing here reads by the visibility map. Packed points that were packed anew are dead rows of another table (TOAST).
 * Statistics are lost at a kill, so a table without any is due too.
 */
const SELECT_DUE = `
with due as (
  select format('%I.%I', s.schemaname, s.relname) as name,
    s.n_dead_tup > greatest(50000, 0.2 * s.n_live_tup) or t.n_dead_tup > greatest(50000, 0.2 * t.n_live_tup)
      or age(c.relfrozenxid) > 1000000000 as has_dead,
    s.n_mod_since_analyze > greatest(50000, 0.2 * c.reltuples)
      or (s.last_analyze is null and pg_relation_size(c.oid) > 1000000) as has_new
  from pg_stat_user_tables s join pg_class c on c.oid = s.relid
  left join pg_stat_all_tables t on t.relid = c.reltoastrelid
  where c.relkind = 'r')
select case when has_dead then 'vacuum (analyze) ' else 'analyze ' end || name from due where has_dead or has_new`;

const SUMMARIZE = `
select brin_summarize_new_values(c.oid)
from pg_class c join pg_am a on a.oid = c.relam
where a.amname = 'brin' and c.relkind = 'i' and c.relnamespace = 'public'::regnamespace`;

export interface UpkeepDeps {
  backend: Pick<Backend, "run">;
  /** Monotonic, in ms. */
  nowMs(): number;
  log(event: string, facts: Record<string, unknown>): void;
}

/**
 * What the background processes of a Postgres server do, for PGlite, which has none: summarises new block ranges,
 * keeps the planner's statistics, writes checkpoints. A step in which nothing was written does nothing.
 */
export class Upkeep {
  readonly #deps: UpkeepDeps;
  #seenLsn = 0;
  #checkpointLsn = 0;
  #checkpointedAtMs: number;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
    this.#checkpointedAtMs = deps.nowMs();
  }

  /** Steps never overlap. Resolves when this one is done, and never rejects: the next one tries again. */
  step(): Promise<void> {
    this.#running = this.#running.then(async () => {
      try {
        await this.#step();
      } catch (error) {
        this.#deps.log("upkeep_failed", { error: String(error) });
      }
    });
    return this.#running;
  }

  async #step(): Promise<void> {
    const lsn = await this.#lsn();
    if (lsn !== this.#seenLsn) await this.#run(SUMMARIZE);
    const sinceMs = this.#deps.nowMs() - this.#checkpointedAtMs;
    const sinceBytes = lsn - this.#checkpointLsn;
    if (sinceBytes > 0 && (sinceBytes > CHECKPOINT_BYTES || sinceMs > CHECKPOINT_MS)) {
      const { rows } = await this.#run(SELECT_DUE);
      for (const [text] of rows) await this.#run(text ?? "");
      await this.#run("checkpoint");
      this.#checkpointedAtMs = this.#deps.nowMs();
      this.#checkpointLsn = await this.#lsn();
    }
    this.#seenLsn = await this.#lsn();
  }

  /** Position in the write-ahead log, in bytes. */
  async #lsn(): Promise<number> {
    const { rows } = await this.#run("select pg_current_wal_insert_lsn() - '0/0'");
    return Number(rows[0]?.[0]);
  }

  #run(text: string) {
    return this.#deps.backend.run({ text, params: [] });
  }
}
