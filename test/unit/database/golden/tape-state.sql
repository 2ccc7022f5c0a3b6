select (extract(epoch from watermark) * 1000000)::int8 as watermark_us, (extract(epoch from rolled_through) * 1000000)::int8 as rolled_through_us,
  (extract(epoch from raw_from) * 1000000)::int8 as raw_from_us, (extract(epoch from packed_through) * 1000000)::int8 as packed_through_us,
  (extract(epoch from minutes_from) * 1000000)::int8 as minutes_from_us from tape_state
