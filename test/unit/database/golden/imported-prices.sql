select y.symbol, (extract(epoch from newest.bucket) * 1000000)::int8 as bar_us, newest.length_s, newest.close, older.close as before
from unnest($1::text[]) as n (symbol)
join symbols y on y.symbol = n.symbol
cross join lateral (select y.id) a
cross join lateral (
  select p.bucket, p.length_s, p.close, date_bin(86400000000::int8 * interval '1 microsecond', p.bucket, timestamptz '1970-01-01 00:00:00+00') as day from posted_bars p
  cross join lateral (select greatest((select max(bucket) from posted_bars where symbol_id = a.id and length_s = 60 and bucket < 'infinity'), (select max(bucket) from posted_bars where symbol_id = a.id and length_s = 3600 and bucket < 'infinity'), (select max(bucket) from posted_bars where symbol_id = a.id and length_s = 86400 and bucket < 'infinity')) as bucket) latest
  where p.symbol_id = a.id and p.length_s in (60, 3600, 86400)
    and p.bucket >= date_bin(86400000000::int8 * interval '1 microsecond', latest.bucket, timestamptz '1970-01-01 00:00:00+00') and p.bucket < 'infinity'
  order by p.length_s < 86400 desc, case when p.length_s < 86400 then date_bin(3600000000::int8 * interval '1 microsecond', p.bucket, timestamptz '1970-01-01 00:00:00+00') end desc, p.length_s,
    case when p.length_s = 60 then p.bucket end desc, p.bucket
  limit 1) newest
left join lateral (
  select p.bucket, p.length_s, p.close, date_bin(86400000000::int8 * interval '1 microsecond', p.bucket, timestamptz '1970-01-01 00:00:00+00') as day from posted_bars p
  cross join lateral (select greatest((select max(bucket) from posted_bars where symbol_id = a.id and length_s = 60 and bucket < newest.day), (select max(bucket) from posted_bars where symbol_id = a.id and length_s = 3600 and bucket < newest.day), (select max(bucket) from posted_bars where symbol_id = a.id and length_s = 86400 and bucket < newest.day)) as bucket) latest
  where p.symbol_id = a.id and p.length_s in (60, 3600, 86400)
    and p.bucket >= date_bin(86400000000::int8 * interval '1 microsecond', latest.bucket, timestamptz '1970-01-01 00:00:00+00') and p.bucket < newest.day
  order by p.length_s < 86400 desc, case when p.length_s < 86400 then date_bin(3600000000::int8 * interval '1 microsecond', p.bucket, timestamptz '1970-01-01 00:00:00+00') end desc, p.length_s,
    case when p.length_s = 60 then p.bucket end desc, p.bucket
  limit 1) older on true
-- $1 = "{\"BTC-USD\"}"
