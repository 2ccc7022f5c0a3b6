import { type Sql, sql } from "../driver/sql.ts";
import type { IdsProof } from "./series-ids.ts";

/** SQL: there is a row of `state`, so this is the database whose ids these are. */
export const IS_NAMED = sql`exists (select from state)`;

/** SQL: is this the database that the ids are of, and as it was when they were learnt, or later? */
export const isProved = ({ identity, learner, mark }: IdsProof): Sql => sql`
  identity = ${identity}::uuid and exists (
    select from id_marks where learner = ${learner}::uuid and mark >= ${mark}::int8)`;

/**
 * SQL: an insert of what has no rollups, which takes no row unless {@link IS_NAMED}: in the database of the ids in it, and in no
 * other, where they are those of other symbols. One row as `insertOfTime` has it.
 */
export const insertInto = (proof: IdsProof, insert: Sql): Sql => sql`
with state as materialized (select identity from tape_state where ${isProved(proof)}),
stored as (${insert})
select 0 as set_aside, (select identity::text from state) as identity`;
