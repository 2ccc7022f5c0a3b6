-- Bars posted with an offset lie between the multiples of their length. Few symbols have any, and this finds at once that one has none.
create index posted_bars_offset on posted_bars (symbol_id, length_s, bucket)
where bucket <> date_bin(length_s * interval '1 second', bucket, timestamptz '1970-01-01 00:00:00+00');
