select (extract(epoch from min(ts)) * 1000000)::int8 as first_us from (
  select e.ts from series s cross join lateral (select ts from points where series_id = s.id and ts >= $1::timestamptz and ts < $2::timestamptz order by ts limit 1 offset 0) e
  union all
  select e.ts from symbols s cross join lateral (select ts from trades_live where symbol_id = s.id and ts >= $1::timestamptz and ts < $2::timestamptz order by ts limit 1 offset 0) e) f
-- $1 = "2026-01-04T12:00:00.000000Z"
-- $2 = "2026-01-05T12:00:00.000000Z"
