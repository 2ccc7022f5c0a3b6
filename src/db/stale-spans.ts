/** Where a query meets more stale hours than this, gaps between them are taken for stale too. */
const MOST_SPANS = 32;

/**
 * SQL: the CTE `span` out of `stale` (`hour`, and a key where there is one): stretches of time that are to be made of raw
 * data. Hours with less than a fraction of `range`, an interval, between them are one: a backfill leaves thousands, and one
 * read of it all is cheaper than a read for each. What is in a gap is right either way.
 */
export function spansOf(key: string | null, range: string): string {
  const [keyed, per] = key === null ? ["", ""] : [`${key}, `, `partition by ${key} `];
  return `
span as materialized (
  select ${keyed}min(hour) as from_ts, max(hour) + interval '1 hour' as to_ts
  from (
    select ${keyed}hour, count(*) filter (where is_first) over (${per}order by hour) as place
    from (
      select ${keyed}hour,
        coalesce(hour - lag(hour) over (${per}order by hour)
          > greatest(interval '1 hour', (${range}) / ${MOST_SPANS}), true) as is_first
      from stale) h) p
  group by ${keyed}place)`;
}
