update stale_points set is_claimed = true
where hour >= (select raw_from from tape_state) and hour in (
  select distinct hour from (
    select hour from stale_points where hour >= (select raw_from from tape_state) order by hour desc limit $1) s)
returning (extract(epoch from hour) * 1000000)::int8 as hour_us, (select (extract(epoch from rolled_through) * 1000000)::int8 from tape_state) as rolled_through_us
-- $1 = 16

-- then

call refresh_continuous_aggregate('metrics_1m_live', '2026-01-04T12:00:00.000Z'::timestamptz, '2026-01-04T13:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "metrics_1m_live"
-- $2 = 1767528000000000
-- $3 = 1767531600000000

-- then

call refresh_continuous_aggregate('metrics_1h_live', '2026-01-04T12:00:00.000Z'::timestamptz, '2026-01-04T13:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "metrics_1h_live"
-- $2 = 1767528000000000
-- $3 = 1767531600000000

-- then

delete from stale_points where is_claimed and (extract(epoch from hour) * 1000000)::int8 = any ($1::int8[])
-- $1 = "{1767528000000000}"
