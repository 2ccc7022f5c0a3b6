import { type Sql, sql } from "../driver/sql.ts";

/** SQL: there is a row of `state`, so this is the database whose ids these are. */
export const IS_NAMED = sql`exists (select from state)`;

/**
 * SQL: an insert of what has no rollups, which takes no row unless {@link IS_NAMED}: in the database of `identity`, and in no
 * other, where the ids in it are those of other symbols. One row as `insertOfTime` has it.
 */
export const insertInto = (identity: string, insert: Sql): Sql => sql`
with state as materialized (select identity from tape_state where identity = ${identity}::uuid),
stored as (${insert})
select 0 as set_aside, (select identity::text from state) as identity`;
