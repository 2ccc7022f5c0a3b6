select (extract(epoch from t.moment) * 1000000)::int8 as gone_before
from (select minutes_from as moment from tape_state) t
where exists (
  select from unnest($1::text[], $2::timestamptz[]) as a (symbol, range_from)
  join symbols y on y.symbol = a.symbol
  cross join lateral (
    select from trades_1h_spans h
    where h.symbol_id = y.id
      and h.bucket > a.range_from - interval '1 hour' and h.bucket < least($3::timestamptz, t.moment)
      and h.last_ts >= a.range_from and h.first_ts < $3::timestamptz
    limit 1) h
  where t.moment > a.range_from)
-- $1 = "{\"BTC-USD\"}"
-- $2 = "{\"2026-01-05T11:59:59.999991Z\"}"
-- $3 = "2026-01-05T12:00:00.000009Z"
