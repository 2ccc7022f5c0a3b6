with symbol as (select id from symbols where symbol = $1)
(select -1::int8 as cursor, 0::int2 as ordinal, e.cursor as ts_us, null as metric, null as labels_key,
   null::float8 as value, null::float8 as price, null::float8 as size, null::int2 as side, null as venue, null as trade_id,
   null::float8 as quantity, null::float8 as avg_price, null as account, null as book, null as state, null as note,
   null as line, null as alert, null as symbol
 from expired_cursors e where e.symbol_id = (select id from symbol))
union all
(select p.cursor, p.ordinal, (extract(epoch from p.ts) * 1000000)::int8, s.metric, s.labels_key, p.value, null, null, null, null, null,
   null, null, null, null, null, null, null, null, null
 from (
  select p.ts, p.value, p.cursor, p.series_id, p.ordinal from points p where p.ts >= (select packed_through from tape_state) and p.cursor > $2 and p.cursor <= $3
  union all
  select p.ts, p.value, p.cursor, p.series_id, p.ordinal from points_past p where p.cursor > $2 and p.cursor <= $3
  union all
  select p.ts, p.value, p.cursor, p.series_id, p.ordinal from points_late p where p.cursor > $2 and p.cursor <= $3
  union all
  select p.ts, p.value, p.cursor, p.series_id, p.ordinal from points_set_aside p where p.cursor > $2 and p.cursor <= $3
  union all
  select p.ts, p.value, p.cursor, p.series_id, p.ordinal from (
    select k.series_id, unnest(k.ts) as ts, unnest(k.value) as value, unnest(k.cursor) as cursor, unnest(k.ordinal) as ordinal
    from packed_points k join series s on s.id = k.series_id
    where s.symbol_id = (select id from symbol)
      and int8range(k.first_cursor, k.last_cursor, '[]') && int8range($2, $3, '(]') and k.hour >= (select raw_from from tape_state) and k.hour < (select packed_through from tape_state)) p
  where p.cursor > $2 and p.cursor <= $3 and not exists (
    select from points_late l
    where l.series_id = p.series_id and l.ts = p.ts and (l.cursor, l.ordinal) >= (p.cursor, p.ordinal))
  offset 0) p
 join series s on s.id = p.series_id
 where s.symbol_id = (select id from symbol)
 order by p.cursor, p.ordinal limit $4)
union all
(select t.cursor, t.ordinal, (extract(epoch from t.ts) * 1000000)::int8, null, null, null, t.price, t.size, t.side, t.venue, t.trade_id,
   null, null, null, null, null, null, null, null, null
 from (
   select * from all_trades where cursor > $2 and cursor <= $3
   union all
   select * from trades_set_aside where cursor > $2 and cursor <= $3 offset 0) t
 where t.symbol_id = (select id from symbol)
 order by t.cursor, t.ordinal limit $4)
union all
(select q.cursor, q.ordinal, (extract(epoch from q.ts) * 1000000)::int8, null, null, null, null, null, null, null, null,
   q.quantity, q.avg_price, q.account, null, null, null, null, null, null
 from position_states q where q.symbol_id = (select id from symbol) and q.cursor > $2 and q.cursor <= $3
 order by q.cursor, q.ordinal limit $4)
union all
(select b.cursor, b.ordinal, (extract(epoch from b.ts) * 1000000)::int8, null, null, null, null, null, null, null, null,
   null, null, null, json_build_array(seq::text, bid_prices, bid_sizes, ask_prices, ask_sizes)::text, null, null, null, null, null
 from books b where b.symbol_id = (select id from symbol) and b.cursor > $2 and b.cursor <= $3
 order by b.cursor, b.ordinal limit $4)
union all
(select o.cursor, o.ordinal, (extract(epoch from o.ts) * 1000000)::int8, null, null, null, null, null, null, null, null,
   null, null, null, null, json_build_array(order_id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id)::text, null, null, null, null
 from order_states o where o.symbol_id = (select id from symbol) and o.cursor > $2 and o.cursor <= $3
 order by o.cursor, o.ordinal limit $4)
union all
(select n.cursor, n.ordinal, (extract(epoch from n.ts) * 1000000)::int8, null, null, null, null, null, null, null, null,
   null, null, null, null, null, json_build_array(known_by, level, text)::text, null, null, null
 from symbol_notes n where n.symbol_id = (select id from symbol) and n.cursor > $2 and n.cursor <= $3
 order by n.cursor, n.ordinal limit $4)
union all
(select l.cursor, l.ordinal, (extract(epoch from l.ts) * 1000000)::int8, null, null, null, null, null, null, null, null,
   null, null, null, null, null, null, json_build_object('level', l.level, 'cut', l.is_cut, 'service', l.service,
   'correlation_id', l.correlation_id, 'event', l.event, 'fields', l.fields)::text, null, null
 from (select * from log_lines where cursor > $2 and cursor <= $3 offset 0) l
 where l.symbol_id = (select id from symbol)
 order by l.cursor, l.ordinal limit $4)
union all
(select a.cursor, a.ordinal, (extract(epoch from a.ts) * 1000000)::int8, null, null, null, null, null, null, null, null,
   null, null, null, null, null, null, null, json_build_array(a.rule, a.series, a.was, a.state, a.value, a.severity, a.message)::text, null
 from alert_changes a where a.symbol_id = (select id from symbol) and a.cursor > $2 and a.cursor <= $3
 order by a.cursor, a.ordinal limit $4)
order by 1, 2 limit $4
-- $1 = "BTC-USD"
-- $2 = 1767614400000000
-- $3 = 1767614400400000
-- $4 = 2002
