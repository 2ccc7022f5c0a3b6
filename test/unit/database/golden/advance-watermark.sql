update tape_state set watermark = greatest(watermark, least(date_bin(60000000::int8 * interval '1 microsecond', (timestamptz '1970-01-01 00:00:00+00' + $1::int8 * interval '1 microsecond'), timestamptz '1970-01-01 00:00:00+00'),
       date_bin(60000000::int8 * interval '1 microsecond', rolled_through, timestamptz '1970-01-01 00:00:00+00') + $2::int8 * interval '1 microsecond')) returning (extract(epoch from watermark) * 1000000)::int8 as watermark_us, (extract(epoch from rolled_through) * 1000000)::int8 as rolled_through_us,
  (extract(epoch from raw_from) * 1000000)::int8 as raw_from_us, (extract(epoch from packed_through) * 1000000)::int8 as packed_through_us,
  (extract(epoch from minutes_from) * 1000000)::int8 as minutes_from_us
-- $1 = 1767614400000000
-- $2 = 60000000
