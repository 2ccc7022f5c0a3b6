/**
 * SQL: an insert of what has no rollups, which takes no row unless there is one of `state`: in the database of `identity`, a
 * parameter, and in no other, where the ids in it are those of other symbols. One row as `insertOfTime` has it.
 */
export const insertInto = (identity: string, insert: string) => `
with state as materialized (select identity from tape_state where identity = ${identity}::uuid),
stored as (${insert})
select 0 as set_aside, (select identity::text from state) as identity`;
