import { identifier, type Sql, sql } from "../driver/sql.ts";

/**
 * SQL: the CTEs `closed`, the moments of `told` whose hour is closed (SPEC K-1), and `tail`, the
 * rest of it: what is going to be set aside when it is stored counts no more before that.
 *
 * @param told columns `id` (of a series or a symbol; null or negative: not stored yet) and `ts`
 * among others.
 * @param isInPast SQL about a row `t` of `told`: is the same in the past already, and so counts?
 */
export function openTail(table: "points" | "trades", told: Sql, isInPast: Sql): Sql {
  const closedOf = identifier(`closed_${table}`);
  return sql`
told as materialized (${told}),
closed as materialized (
  select c.* from (
    select array_agg(id::int4) as ids, array_agg(ts) as moments from told
    where id > 0 and ts < (select raw_from from tape_state) having count(*) > 0) o
  cross join lateral ${closedOf}(o.ids, o.moments, (select minutes_from from tape_state)) c),
tail as materialized (
  select * from told t
  where not exists (select from closed c where c.key = t.id and c.ts = t.ts) or ${isInPast})`;
}
