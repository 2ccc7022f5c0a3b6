select count(*)::int4 as series from (
  select from series where symbol_id = (select id from symbols where symbol = $1) and metric = $2 and labels @> $3::jsonb
  limit $4) s
-- $1 = "BTC-USD"
-- $2 = "m"
-- $3 = "{\"a\":\"b\"}"
-- $4 = 10
