select (extract(epoch from watermark) * 1000000)::int8 as watermark_us, (extract(epoch from rolled_through) * 1000000)::int8 as rolled_through_us,
  (extract(epoch from raw_from) * 1000000)::int8 as raw_from_us, (extract(epoch from packed_through) * 1000000)::int8 as packed_through_us,
  (extract(epoch from minutes_from) * 1000000)::int8 as minutes_from_us,
  (select count(*)::int4 from (select from stale_points limit 10000) n) as points, (select count(*)::int4 from (select from stale_trades limit 10000) n) as trades, (select count(*)::int4 from (select from stale_posted limit 10000) n) as posted,
  (select count(*)::int4 from (select from points_set_aside limit 10000) n) as points_set_aside, (select count(*)::int4 from (select from trades_set_aside limit 10000) n) as trades_set_aside,
  identity::text as identity, (extract(epoch from replaced_since) * 1000000)::int8 as replaced_since_us, replaced_rooms,
  replaced_lost_to::float8 as replaced_lost_to
from tape_state
