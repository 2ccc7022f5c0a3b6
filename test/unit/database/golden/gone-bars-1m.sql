select (extract(epoch from t.moment) * 1000000)::int8 as gone_before
from (select minutes_from as moment from tape_state) t
where t.moment > $1::timestamptz and exists (
  select from trades_1h_spans h
  where h.symbol_id = (select id from symbols where symbol = $2)
    and h.bucket > $1::timestamptz - interval '1 hour' and h.bucket < least($3::timestamptz, t.moment)
    and h.last_ts >= $1::timestamptz and h.first_ts < $3::timestamptz)
-- $1 = "2026-01-05T11:59:59.999991Z"
-- $2 = "BTC-USD"
-- $3 = "2026-01-05T12:00:00.000009Z"
