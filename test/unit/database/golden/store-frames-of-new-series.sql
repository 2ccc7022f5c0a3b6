-- one transaction

insert into id_marks (learner, mark) values ($1::uuid, 1)
on conflict (learner) do update set mark = id_marks.mark + 1, marked_at = now()
returning mark::int4 as mark
-- $1 = "a-learner"

insert into symbols (symbol)
select distinct u.symbol from unnest($1::text[]) as u (symbol)
where not exists (select from symbols y where y.symbol = u.symbol)
on conflict do nothing
-- $1 = "{\"BTC-USD\"}"

insert into series (symbol_id, metric, labels, labels_key)
select y.id, u.metric, u.labels_key::jsonb, u.labels_key
from unnest($1::text[], $2::text[], $3::text[]) as u (symbol, metric, labels_key)
join symbols y on y.symbol = u.symbol
where not exists (
  select from series s
  where s.symbol_id = y.id and s.metric = u.metric and s.labels_key = u.labels_key)
on conflict do nothing
-- $1 = "{\"BTC-USD\"}"
-- $2 = "{\"m\"}"
-- $3 = "{\"{\\\"a\\\":\\\"b\\\"}\"}"

select y.id, y.symbol from symbols y where y.symbol = any ($1::text[])
-- $1 = "{\"BTC-USD\"}"

select s.id, y.symbol, s.metric, s.labels_key
from unnest($1::text[], $2::text[], $3::text[]) as u (symbol, metric, labels_key)
join symbols y on y.symbol = u.symbol
join series s on s.symbol_id = y.id and s.metric = u.metric and s.labels_key = u.labels_key
-- $1 = "{\"BTC-USD\"}"
-- $2 = "{\"m\"}"
-- $3 = "{\"{\\\"a\\\":\\\"b\\\"}\"}"

select identity::text as identity from tape_state

-- then

-- one transaction

with state as materialized (
  select (extract(epoch from watermark) * 1000000)::int8 as watermark, (extract(epoch from raw_from) * 1000000)::int8 as raw_from,
    (extract(epoch from packed_through) * 1000000)::int8 as packed_through, minutes_from, identity
  from tape_state where
  identity = $1::uuid and exists (
    select from id_marks where learner = $2::uuid and mark >= $3::int8) for share),
invalidation as (
  insert into stale_points (hour, series_id)
  select distinct date_bin(3600000000::int8 * interval '1 microsecond', (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), timestamptz '1970-01-01 00:00:00+00'), u.series_id from unnest($4::int8[], $5::float8[], $6::int8[], $7::int4[], $8::int2[]) as u (ts_us, value, cursor, series_id, ordinal) where (select watermark from state) > $9::int8 and u.ts_us < (select watermark from state)),
old as materialized (select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond') as ts, u.* from unnest($4::int8[], $5::float8[], $6::int8[], $7::int4[], $8::int2[]) as u (ts_us, value, cursor, series_id, ordinal) where (select raw_from from state) > $9::int8 and u.ts_us < (select raw_from from state)),
closed as materialized (
  select c.* from (
    select array_agg(series_id) as keys, array_agg(ts) as moments from old having count(*) > 0) o
  cross join lateral closed_points(o.keys, o.moments, (select minutes_from from state)) c),
placed as materialized (
  select u.*, (u.series_id, u.ts) in (select key, ts from closed)
    and not exists (select from points_past p where p.series_id = u.series_id and p.ts = u.ts) as is_set_aside
  from old u),
past as (
  insert into points_past (ts, value, cursor, series_id, ordinal) select u.ts, u.value, u.cursor, u.series_id, u.ordinal from placed u where not u.is_set_aside
  ),
aside as (
  insert into points_set_aside (ts, value, cursor, series_id, ordinal) select u.ts, u.value, u.cursor, u.series_id, u.ordinal from placed u where u.is_set_aside
  ),
late as (
  insert into points_late (ts, value, cursor, series_id, ordinal) select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.value, u.cursor, u.series_id, u.ordinal from unnest($4::int8[], $5::float8[], $6::int8[], $7::int4[], $8::int2[]) as u (ts_us, value, cursor, series_id, ordinal) where (select packed_through from state) > $9::int8 and u.ts_us < (select packed_through from state) and u.ts_us >= (select raw_from from state)
  ),
stored as (
  insert into points (ts, value, cursor, series_id, ordinal) select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.value, u.cursor, u.series_id, u.ordinal from unnest($4::int8[], $5::float8[], $6::int8[], $7::int4[], $8::int2[]) as u (ts_us, value, cursor, series_id, ordinal) where u.ts_us >= (select packed_through from state)
  )
select count(*)::int4 as set_aside, (select identity::text from state) as identity from placed where is_set_aside
-- $1 = "a-uuid"
-- $2 = "a-learner"
-- $3 = 1
-- $4 = "{1767614400000001}"
-- $5 = "{1.5}"
-- $6 = "{1767614400000009}"
-- $7 = "{7}"
-- $8 = "{0}"
-- $9 = 1767614400000001

with state as materialized (
  select (extract(epoch from watermark) * 1000000)::int8 as watermark, (extract(epoch from raw_from) * 1000000)::int8 as raw_from,
    (extract(epoch from packed_through) * 1000000)::int8 as packed_through, minutes_from, identity
  from tape_state where
  identity = $1::uuid and exists (
    select from id_marks where learner = $2::uuid and mark >= $3::int8) for share),
invalidation as (
  insert into stale_trades (hour, symbol_id)
  select distinct date_bin(3600000000::int8 * interval '1 microsecond', (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), timestamptz '1970-01-01 00:00:00+00'), u.symbol_id from unnest($4::int8[], $5::float8[], $6::float8[], $7::int8[], $8::int4[], $9::int2[], $10::int2[], $11::text[], $12::text[]) as u (ts_us, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) where (select watermark from state) > $13::int8 and u.ts_us < (select watermark from state)),
old as materialized (select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond') as ts, u.* from unnest($4::int8[], $5::float8[], $6::float8[], $7::int8[], $8::int4[], $9::int2[], $10::int2[], $11::text[], $12::text[]) as u (ts_us, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) where (select raw_from from state) > $13::int8 and u.ts_us < (select raw_from from state)),
closed as materialized (
  select c.* from (
    select array_agg(symbol_id) as keys, array_agg(ts) as moments from old having count(*) > 0) o
  cross join lateral closed_trades(o.keys, o.moments, (select minutes_from from state)) c),
placed as materialized (
  select u.*, (u.symbol_id, u.ts) in (select key, ts from closed)
    and not exists (select from trades_past p where p.symbol_id = u.symbol_id and p.ts = u.ts and case when u.trade_id = ''
      then p.trade_id = '' and p.cursor = u.cursor and p.ordinal = u.ordinal
      else p.venue = u.venue and p.trade_id = u.trade_id end) as is_set_aside
  from old u),
past as (
  insert into trades_past (ts, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) select u.ts, u.price, u.size, u.cursor, u.symbol_id, u.ordinal, u.side, u.venue, u.trade_id from placed u where not u.is_set_aside
  ),
aside as (
  insert into trades_set_aside (ts, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) select u.ts, u.price, u.size, u.cursor, u.symbol_id, u.ordinal, u.side, u.venue, u.trade_id from placed u where u.is_set_aside
  ),
stored as (
  insert into trades_live (ts, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.price, u.size, u.cursor, u.symbol_id, u.ordinal, u.side, u.venue, u.trade_id from unnest($4::int8[], $5::float8[], $6::float8[], $7::int8[], $8::int4[], $9::int2[], $10::int2[], $11::text[], $12::text[]) as u (ts_us, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) where u.ts_us >= (select raw_from from state)
  )
select count(*)::int4 as set_aside, (select identity::text from state) as identity from placed where is_set_aside
-- $1 = "a-uuid"
-- $2 = "a-learner"
-- $3 = 1
-- $4 = "{1767614400000002}"
-- $5 = "{10}"
-- $6 = "{0.5}"
-- $7 = "{1767614400000009}"
-- $8 = "{3}"
-- $9 = "{1}"
-- $10 = "{1}"
-- $11 = "{\"\"}"
-- $12 = "{\"\"}"
-- $13 = 1767614400000002

with state as materialized (
  select (extract(epoch from watermark) * 1000000)::int8 as watermark, (extract(epoch from raw_from) * 1000000)::int8 as raw_from,
    (extract(epoch from packed_through) * 1000000)::int8 as packed_through, minutes_from, identity
  from tape_state where
  identity = $1::uuid and exists (
    select from id_marks where learner = $2::uuid and mark >= $3::int8) for share),
invalidation as (
  insert into stale_trades (hour, symbol_id)
  select distinct date_bin(3600000000::int8 * interval '1 microsecond', (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), timestamptz '1970-01-01 00:00:00+00'), u.symbol_id from unnest($4::int8[], $5::float8[], $6::float8[], $7::int8[], $8::int4[], $9::int2[], $10::int2[], $11::text[], $12::text[]) as u (ts_us, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) where (select watermark from state) > $13::int8 and u.ts_us < (select watermark from state)),
old as materialized (select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond') as ts, u.* from unnest($4::int8[], $5::float8[], $6::float8[], $7::int8[], $8::int4[], $9::int2[], $10::int2[], $11::text[], $12::text[]) as u (ts_us, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) where (select raw_from from state) > $13::int8 and u.ts_us < (select raw_from from state)),
closed as materialized (
  select c.* from (
    select array_agg(symbol_id) as keys, array_agg(ts) as moments from old having count(*) > 0) o
  cross join lateral closed_trades(o.keys, o.moments, (select minutes_from from state)) c),
placed as materialized (
  select u.*, (u.symbol_id, u.ts) in (select key, ts from closed)
    and not exists (select from trades_past p where p.symbol_id = u.symbol_id and p.ts = u.ts and case when u.trade_id = ''
      then p.trade_id = '' and p.cursor = u.cursor and p.ordinal = u.ordinal
      else p.venue = u.venue and p.trade_id = u.trade_id end) as is_set_aside
  from old u),
past as (
  insert into trades_past (ts, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) select u.ts, u.price, u.size, u.cursor, u.symbol_id, u.ordinal, u.side, u.venue, u.trade_id from placed u where not u.is_set_aside
  ),
aside as (
  insert into trades_set_aside (ts, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) select u.ts, u.price, u.size, u.cursor, u.symbol_id, u.ordinal, u.side, u.venue, u.trade_id from placed u where u.is_set_aside
  ),
stored as (
  insert into trades_live (ts, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.price, u.size, u.cursor, u.symbol_id, u.ordinal, u.side, u.venue, u.trade_id from unnest($4::int8[], $5::float8[], $6::float8[], $7::int8[], $8::int4[], $9::int2[], $10::int2[], $11::text[], $12::text[]) as u (ts_us, price, size, cursor, symbol_id, ordinal, side, venue, trade_id) where u.ts_us >= (select raw_from from state)
  )
select count(*)::int4 as set_aside, (select identity::text from state) as identity from placed where is_set_aside
-- $1 = "a-uuid"
-- $2 = "a-learner"
-- $3 = 1
-- $4 = "{1767614400000003}"
-- $5 = "{10}"
-- $6 = "{0.5}"
-- $7 = "{1767614400000009}"
-- $8 = "{3}"
-- $9 = "{2}"
-- $10 = "{1}"
-- $11 = "{\"v\"}"
-- $12 = "{\"t1\"}"
-- $13 = 1767614400000003

with state as materialized (select identity from tape_state where
  identity = $1::uuid and exists (
    select from id_marks where learner = $2::uuid and mark >= $3::int8)),
stored as (
insert into position_states (ts, quantity, cursor, symbol_id, ordinal, avg_price, account)
select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.quantity, u.cursor, u.symbol_id, u.ordinal, u.avg_price, u.account
from unnest($4::int8[], $5::float8[], $6::int8[], $7::int4[], $8::int2[], $9::float8[], $10::text[]) as u (ts_us, quantity, cursor, symbol_id, ordinal, avg_price, account)
where exists (select from state))
select 0 as set_aside, (select identity::text from state) as identity
-- $1 = "a-uuid"
-- $2 = "a-learner"
-- $3 = 1
-- $4 = "{1767614400000004}"
-- $5 = "{2}"
-- $6 = "{1767614400000009}"
-- $7 = "{3}"
-- $8 = "{3}"
-- $9 = "{NULL}"
-- $10 = "{\"main\"}"

with state as materialized (select identity from tape_state where
  identity = $1::uuid and exists (
    select from id_marks where learner = $2::uuid and mark >= $3::int8)),
stored as (
insert into books (ts, cursor, seq, symbol_id, ordinal, bid_prices, bid_sizes, ask_prices, ask_sizes)
select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.cursor, u.seq, u.symbol_id, u.ordinal,
  u.bid_prices::float8[], u.bid_sizes::float8[], u.ask_prices::float8[], u.ask_sizes::float8[]
from unnest($4::int8[], $5::int8[], $6::int8[], $7::int4[], $8::int2[], $9::text[], $10::text[], $11::text[], $12::text[]) as u (ts_us, cursor, seq, symbol_id, ordinal, bid_prices, bid_sizes, ask_prices, ask_sizes)
where exists (select from state))
select 0 as set_aside, (select identity::text from state) as identity
-- $1 = "a-uuid"
-- $2 = "a-learner"
-- $3 = 1
-- $4 = "{1767614400000005}"
-- $5 = "{1767614400000009}"
-- $6 = "{NULL}"
-- $7 = "{3}"
-- $8 = "{4}"
-- $9 = "{\"{9}\"}"
-- $10 = "{\"{1}\"}"
-- $11 = "{\"{11}\"}"
-- $12 = "{\"{2}\"}"

with state as materialized (select identity from tape_state where
  identity = $1::uuid and exists (
    select from id_marks where learner = $2::uuid and mark >= $3::int8)),
stored as (
insert into order_states (ts, cursor, quantity, price, filled, avg_price, symbol_id, ordinal, status, side, account, venue,
  order_id, type, correlation_id)
select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.cursor, u.quantity, u.price, u.filled, u.avg_price, u.symbol_id, u.ordinal, u.status, u.side,
  u.account, u.venue, u.order_id, nullif(u.type, ''), nullif(u.correlation_id, '')
from unnest($4::int8[], $5::int8[], $6::float8[], $7::float8[], $8::float8[], $9::float8[], $10::int4[], $11::int2[], $12::int2[], $13::int2[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[]) as u (ts_us, cursor, quantity, price, filled, avg_price, symbol_id, ordinal, status, side, account, venue, order_id, type, correlation_id)
where exists (select from state))
select 0 as set_aside, (select identity::text from state) as identity
-- $1 = "a-uuid"
-- $2 = "a-learner"
-- $3 = 1
-- $4 = "{1767614400000006}"
-- $5 = "{1767614400000009}"
-- $6 = "{2}"
-- $7 = "{NULL}"
-- $8 = "{NULL}"
-- $9 = "{NULL}"
-- $10 = "{3}"
-- $11 = "{5}"
-- $12 = "{0}"
-- $13 = "{1}"
-- $14 = "{\"main\"}"
-- $15 = "{\"\"}"
-- $16 = "{\"7\"}"
-- $17 = "{\"\"}"
-- $18 = "{\"\"}"

with state as materialized (select identity from tape_state where
  identity = $1::uuid and exists (
    select from id_marks where learner = $2::uuid and mark >= $3::int8)),
stored as (
insert into order_lives (first_ts, ts, symbol_id, status, account, venue, order_id)
select (timestamptz '1970-01-01 00:00:00+00' + u.first_us::int8 * interval '1 microsecond'), (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.symbol_id, u.status, u.account, u.venue, u.order_id
from unnest($4::int8[], $5::int8[], $6::int4[], $7::int2[], $8::text[], $9::text[], $10::text[]) as u (first_us, ts_us, symbol_id, status, account, venue, order_id)
where exists (select from state)
on conflict (symbol_id, order_id, venue, account) do update
set first_ts = least(excluded.first_ts, order_lives.first_ts),
  ts = case when (excluded.ts, excluded.status) > (order_lives.ts, order_lives.status) then excluded.ts else order_lives.ts end,
  status = case when (excluded.ts, excluded.status) > (order_lives.ts, order_lives.status) then excluded.status else order_lives.status end
where excluded.first_ts < order_lives.first_ts or (excluded.ts, excluded.status) > (order_lives.ts, order_lives.status))
select 0 as set_aside, (select identity::text from state) as identity
-- $1 = "a-uuid"
-- $2 = "a-learner"
-- $3 = 1
-- $4 = "{1767614400000006}"
-- $5 = "{1767614400000006}"
-- $6 = "{3}"
-- $7 = "{0}"
-- $8 = "{\"main\"}"
-- $9 = "{\"\"}"
-- $10 = "{\"7\"}"

with state as materialized (select identity from tape_state where
  identity = $1::uuid and exists (
    select from id_marks where learner = $2::uuid and mark >= $3::int8)),
stored as (
insert into symbol_notes (ts, cursor, symbol_id, ordinal, level, known_by, text)
select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.cursor, u.symbol_id, u.ordinal, nullif(u.level, ''), u.known_by, u.text
from unnest($4::int8[], $5::int8[], $6::int4[], $7::int2[], $8::text[], $9::text[], $10::text[]) as u (ts_us, cursor, symbol_id, ordinal, level, known_by, text)
where exists (select from state))
select 0 as set_aside, (select identity::text from state) as identity
-- $1 = "a-uuid"
-- $2 = "a-learner"
-- $3 = 1
-- $4 = "{1767614400000007}"
-- $5 = "{1767614400000009}"
-- $6 = "{3}"
-- $7 = "{6}"
-- $8 = "{\"warn\"}"
-- $9 = "{\"trestarted\"}"
-- $10 = "{\"restarted\"}"

with state as materialized (select identity from tape_state where
  identity = $1::uuid and exists (
    select from id_marks where learner = $2::uuid and mark >= $3::int8)),
stored as (
insert into log_lines (ts, cursor, symbol_id, ordinal, level, is_cut, service, correlation_id, event, fields, words)
select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.cursor, u.symbol_id, u.ordinal, u.level, u.is_cut = 1, u.service, u.correlation_id,
  u.event, nullif(u.fields, '')::jsonb, array_to_tsvector(string_to_array(u.words, e'
'))
from unnest($4::int8[], $5::int8[], $6::int4[], $7::int2[], $8::int2[], $9::int2[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[]) as u (ts_us, cursor, symbol_id, ordinal, level, is_cut, service, correlation_id, event, fields, words)
where exists (select from state))
select 0 as set_aside, (select identity::text from state) as identity
-- $1 = "a-uuid"
-- $2 = "a-learner"
-- $3 = 1
-- $4 = "{1767614400000008}"
-- $5 = "{1767614400000009}"
-- $6 = "{3}"
-- $7 = "{7}"
-- $8 = "{4}"
-- $9 = "{1}"
-- $10 = "{\"gateway\"}"
-- $11 = "{\"c1\"}"
-- $12 = "{\"order sent\"}"
-- $13 = "{\"{\\\"a\\\":1}\"}"
-- $14 = "{\"l=4\ns=gateway\ny=BTC-USD\nh=491004\norder\nsent\n1\"}"

with state as materialized (select identity from tape_state where
  identity = $1::uuid and exists (
    select from id_marks where learner = $2::uuid and mark >= $3::int8)),
stored as (
insert into alert_changes (ts, cursor, symbol_id, ordinal, rule, series, was, state, value, severity, message)
select (timestamptz '1970-01-01 00:00:00+00' + u.ts_us::int8 * interval '1 microsecond'), u.cursor, u.symbol_id, u.ordinal, u.rule, u.series, u.was, u.state, u.value, u.severity, u.message
from unnest($4::int8[], $5::int8[], $6::int4[], $7::int2[], $8::text[], $9::text[], $10::int2[], $11::int2[], $12::float8[], $13::int2[], $14::text[]) as u (ts_us, cursor, symbol_id, ordinal, rule, series, was, state, value, severity, message)
where exists (select from state))
select 0 as set_aside, (select identity::text from state) as identity
-- $1 = "a-uuid"
-- $2 = "a-learner"
-- $3 = 1
-- $4 = "{1767614400000009}"
-- $5 = "{1767614400000009}"
-- $6 = "{3}"
-- $7 = "{8}"
-- $8 = "{\"cpu-high\"}"
-- $9 = "{\"cpu\"}"
-- $10 = "{1}"
-- $11 = "{2}"
-- $12 = "{91}"
-- $13 = "{2}"
-- $14 = "{\"the processor is busy\"}"
