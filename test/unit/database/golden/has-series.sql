select exists (
  select from series s join symbols y on y.id = s.symbol_id
  where y.symbol = $1 and s.metric = $2 and s.labels @> $3::jsonb) as is_known
-- $1 = "BTC-USD"
-- $2 = "m"
-- $3 = "{\"a\":\"b\"}"
