update stale_points set is_claimed = true
where hour >= (select raw_from from tape_state) and hour in (
  select distinct hour from (
    select hour from stale_points where hour >= (select raw_from from tape_state) order by hour desc limit $1) s)
returning (extract(epoch from hour) * 1000000)::int8 as hour_us, (select (extract(epoch from rolled_through) * 1000000)::int8 from tape_state) as rolled_through_us
-- $1 = 16

-- then

call refresh_continuous_aggregate('metrics_1m_live', '2026-01-04T12:00:00.000Z'::timestamptz, '2026-01-04T13:00:00.000Z'::timestamptz)

-- then

call refresh_continuous_aggregate('metrics_1h_live', '2026-01-04T12:00:00.000Z'::timestamptz, '2026-01-04T13:00:00.000Z'::timestamptz)

-- then

delete from stale_points where is_claimed and (extract(epoch from hour) * 1000000)::int8 = any ($1::int8[])
-- $1 = "{1767528000000000}"
