-- one transaction

insert into symbols (symbol)
select distinct u.symbol from unnest($1::text[]) as u (symbol)
where not exists (select from symbols y where y.symbol = u.symbol)
on conflict do nothing
-- $1 = "{\"BTC-USD\"}"

with imported as (
  insert into posted_bars (symbol_id, length_s, bucket, open, high, low, close, volume, trades)
  select y.id, u.length_s, (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.open, u.high, u.low, u.close, u.volume, u.trades
  from unnest($1::int8[], $2::int4[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::int8[], $9::int4[]) with ordinality as u (ts_us, length_s, open, high, low, close, volume, trades, symbol_at, place)
  join unnest($10::text[]) with ordinality as n (symbol, at) on n.at = u.symbol_at
  join symbols y on y.symbol = n.symbol
  order by u.place
  on conflict (symbol_id, length_s, bucket) do update
  set (open, high, low, close, volume, trades) = row(excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.trades)
  where (posted_bars.open, posted_bars.high, posted_bars.low, posted_bars.close, posted_bars.volume, posted_bars.trades) is distinct from (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.trades)
  returning bucket, symbol_id)
insert into stale_posted (hour, symbol_id)
select distinct date_bin(3600000000::int8 * interval '1 microsecond', bucket, timestamptz '1970-01-01 00:00:00+00'), symbol_id from imported
-- $1 = "{1767614400000000}"
-- $2 = "{60}"
-- $3 = "{1}"
-- $4 = "{2}"
-- $5 = "{0.5}"
-- $6 = "{1.5}"
-- $7 = "{3}"
-- $8 = "{4}"
-- $9 = "{1}"
-- $10 = "{\"BTC-USD\"}"
