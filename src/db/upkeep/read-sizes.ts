import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import type { DatabaseMode } from "../driver/mode.ts";
import { texts } from "../driver/rows-of.ts";
import { sql } from "../driver/sql.ts";

/** Tables of the tape and its memory, the large ones first. */
const TABLES = [
  ...[
    "points",
    "packed_points",
    "points_late",
    "points_past",
    "points_set_aside",
    "trades_live",
    "trades_past",
    "trades_set_aside",
    "position_states",
    "books",
    "order_states",
    "order_lives",
    "symbol_notes",
    "alert_changes",
    "log_lines",
  ],
  ...["metrics_1m_live", "metrics_1h_live", "metrics_1m_past", "metrics_1h_past"],
  ...[
    "bars_1m_live",
    "bars_1h_live",
    "bars_1d_live",
    "bars_1m_past",
    "bars_1h_past",
    "bars_1d_past",
  ],
  ...["posted_bars", "series", "symbols", "stale_points", "stale_trades", "stale_posted"],
] as const;

/** Partitioned by time where the mode has no better way: the sum of the ranges. */
const PLAIN_SIZE = sql`
  (select sum(pg_total_relation_size(c.oid)) from (
     select t.name::regclass as oid union all
     select i.inhrelid from pg_inherits i where i.inhparent = t.name::regclass) c)`;
const PLAIN_ROWS = sql`
  (select sum(greatest(c.reltuples, 0)) from pg_class c
   where c.relkind = 'r' and (c.oid = t.name::regclass or c.oid in (
     select i.inhrelid from pg_inherits i where i.inhparent = t.name::regclass)))`;

/** A hypertable's chunks, or those behind a continuous aggregate; null for any other table. */
const HYPERTABLE_SIZE = sql`hypertable_size(t.name::regclass)`;

export interface TableSize {
  table: string;
  /** With indexes. */
  bytes: number;
  /** As the planner estimates them; of packed points, how many points they are. */
  rows: number;
}

/** What each table takes on disk. @throws DatabaseError */
export async function readSizes(db: Database, mode: DatabaseMode): Promise<TableSize[]> {
  const isHyper = mode !== "plain";
  const size = isHyper ? sql`coalesce(${HYPERTABLE_SIZE}, ${PLAIN_SIZE})` : PLAIN_SIZE;
  const rows = isHyper ? sql`approximate_row_count(t.name::regclass)` : PLAIN_ROWS;
  const found = await ask(
    db,
    sql`select t.name, (${size})::float8 as bytes, coalesce(
       case when t.name = 'packed_points' then (select sum(count) from packed_points) else ${rows} end, 0)::float8 as rows
     from unnest(${texts(TABLES)}) as t (name)`,
  );
  return found.map((row) => ({
    table: row["name"] as string,
    bytes: Number(row["bytes"]),
    rows: Number(row["rows"]),
  }));
}
