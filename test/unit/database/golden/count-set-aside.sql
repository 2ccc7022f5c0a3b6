-- one transaction

select u.symbol, count(*)::int4 as set_aside
from unnest($1::text[], $2::text[], $3::text[], $4::int8[]) as u (symbol, metric, labels_key, ts_us)
join symbols y on y.symbol = u.symbol
join series s on s.symbol_id = y.id and s.metric = u.metric and s.labels_key = u.labels_key
join points_set_aside p on p.series_id = s.id and p.ts = (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond')
group by 1
-- $1 = "{\"BTC-USD\"}"
-- $2 = "{\"m\"}"
-- $3 = "{\"{\\\"a\\\":\\\"b\\\"}\"}"
-- $4 = "{1767614400000001}"

select u.symbol, count(*)::int4 as set_aside
from unnest($1::text[], $2::text[], $3::text[], $4::int8[]) as u (symbol, venue, trade_id, ts_us)
join symbols y on y.symbol = u.symbol
where exists (
  select from trades_set_aside t
  where t.symbol_id = y.id and t.ts = (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond')
    and t.trade_id = u.trade_id and (u.trade_id = '' or t.venue = u.venue))
group by 1
-- $1 = "{\"BTC-USD\"}"
-- $2 = "{\"v\"}"
-- $3 = "{\"t1\"}"
-- $4 = "{1767614400000003}"
