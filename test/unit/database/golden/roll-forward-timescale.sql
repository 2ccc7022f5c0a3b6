call refresh_continuous_aggregate('metrics_1m_live', '2026-01-04T12:00:00.000Z'::timestamptz, '2026-01-05T12:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "metrics_1m_live"
-- $2 = 1767528000000000
-- $3 = 1767614400000000

-- then

call refresh_continuous_aggregate('metrics_1m_live', '2026-01-04T12:00:00.000Z'::timestamptz, '2026-01-05T12:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "metrics_1m_live"
-- $2 = 1767528000000000
-- $3 = 1767614400000000

-- then

call refresh_continuous_aggregate('bars_1m_live', '2026-01-04T12:00:00.000Z'::timestamptz, '2026-01-05T12:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "bars_1m_live"
-- $2 = 1767528000000000
-- $3 = 1767614400000000

-- then

call refresh_continuous_aggregate('metrics_1h_live', '2026-01-05T12:00:00.000Z'::timestamptz, '2026-01-05T13:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "metrics_1h_live"
-- $2 = 1767614400000000
-- $3 = 1767618000000000

-- then

call refresh_continuous_aggregate('bars_1h_live', '2026-01-05T12:00:00.000Z'::timestamptz, '2026-01-05T13:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "bars_1h_live"
-- $2 = 1767614400000000
-- $3 = 1767618000000000

-- then

call refresh_continuous_aggregate('bars_1d_live', '2026-01-05T00:00:00.000Z'::timestamptz, '2026-01-06T00:00:00.000Z'::timestamptz)

-- then

select 1 as is_left from _timescaledb_catalog.continuous_aggs_materialization_invalidation_log l
join _timescaledb_catalog.continuous_agg a on a.mat_hypertable_id = l.materialization_id
where a.user_view_name = $1::text and a.user_view_schema = current_schema
  and l.lowest_modified_value >= $2::int8 and l.greatest_modified_value < $3::int8 limit 1
-- $1 = "bars_1d_live"
-- $2 = 1767571200000000
-- $3 = 1767657600000000

-- then

-- one transaction

insert into stale_posted (hour, symbol_id)
select distinct date_bin(3600000000::int8 * interval '1 microsecond', p.bucket, timestamptz '1970-01-01 00:00:00+00'), p.symbol_id
from symbols y
cross join lateral (select * from bars_1m_live where symbol_id = y.id and bucket >= $1::timestamptz and bucket < $2::timestamptz offset 0) b
join posted_bars p on p.symbol_id = b.symbol_id and (
  p.length_s = 60 and p.bucket = b.bucket
  or p.length_s = 3600 and p.bucket = date_bin(3600000000::int8 * interval '1 microsecond', b.bucket, timestamptz '1970-01-01 00:00:00+00')
  or p.length_s = 86400 and p.bucket = date_bin(86400000000::int8 * interval '1 microsecond', b.bucket, timestamptz '1970-01-01 00:00:00+00'))
-- $1 = "2026-01-04T12:00:00.000000Z"
-- $2 = "2026-01-05T12:00:00.000000Z"

update tape_state set rolled_through = greatest(rolled_through, (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond'))
-- $1 = 1767614400000000
