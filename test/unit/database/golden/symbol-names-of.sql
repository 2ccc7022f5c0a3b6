select symbol from symbols where symbol = any ($1::text[])
-- $1 = "{\"BTC-USD\"}"
