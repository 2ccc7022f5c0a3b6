update stale_trades set is_claimed = true
where hour >= (select raw_from from tape_state) and hour in (
  select distinct hour from (
    select hour from stale_trades where hour >= (select raw_from from tape_state) order by hour desc limit $1) s)
returning (extract(epoch from hour) * 1000000)::int8 as hour_us, (select (extract(epoch from rolled_through) * 1000000)::int8 from tape_state) as rolled_through_us
-- $1 = 16

-- then

call refresh_continuous_aggregate('bars_1m_live', '2026-01-04T12:00:00.000Z'::timestamptz, '2026-01-04T13:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "bars_1m_live"
-- $2 = 1767528000000000
-- $3 = 1767531600000000

-- then

call refresh_continuous_aggregate('bars_1h_live', '2026-01-04T12:00:00.000Z'::timestamptz, '2026-01-04T13:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "bars_1h_live"
-- $2 = 1767528000000000
-- $3 = 1767531600000000

-- then

call refresh_continuous_aggregate('bars_1d_live', '2026-01-04T00:00:00.000Z'::timestamptz, '2026-01-05T00:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "bars_1d_live"
-- $2 = 1767484800000000
-- $3 = 1767571200000000

-- then

with picked as (select distinct hour, symbol_id from stale_trades where is_claimed)
insert into stale_posted (hour, symbol_id)
select k.hour, k.symbol_id from picked k where exists (
  select from posted_bars p where p.symbol_id = k.symbol_id and (
    p.length_s = 60 and p.bucket >= k.hour and p.bucket < k.hour + interval '1 hour'
    or p.length_s = 3600 and p.bucket = k.hour
    or p.length_s = 86400 and p.bucket = date_bin(86400000000::int8 * interval '1 microsecond', k.hour, timestamptz '1970-01-01 00:00:00+00')))

-- then

delete from stale_trades where is_claimed and (extract(epoch from hour) * 1000000)::int8 = any ($1::int8[])
-- $1 = "{1767528000000000}"
