import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { param, type Sql, sql } from "../driver/sql.ts";

// A policy cannot be changed, only replaced. Nothing is done where it is as wanted already; 0 days:
// no compression.
const setPolicy = (days: Sql) => sql`
select remove_compression_policy(t.name::regclass, if_exists => true) is null,
  case when ${days}::int4 > 0 then add_compression_policy(t.name::regclass, compress_after => make_interval(days => ${days}::int4)) end
from (values ('points'), ('trades_live')) t (name)
where not exists (
    select from timescaledb_information.jobs j
    where j.hypertable_name = t.name and j.proc_name = 'policy_compression'
      and (j.config->>'compress_after')::interval = make_interval(days => ${days}::int4))
  and (${days}::int4 > 0 or exists (
    select from timescaledb_information.jobs j
    where j.hypertable_name = t.name and j.proc_name = 'policy_compression'))`;

/** Raw data is compressed when it is so old; for `timescale` alone. @throws DatabaseError */
export async function setCompression(db: Database, afterDays: number): Promise<void> {
  await ask(db, setPolicy(param(afterDays)));
}
