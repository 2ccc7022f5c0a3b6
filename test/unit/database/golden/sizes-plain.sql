select t.name, (
  (select sum(pg_total_relation_size(c.oid)) from (
     select t.name::regclass as oid union all
     select i.inhrelid from pg_inherits i where i.inhparent = t.name::regclass) c))::float8 as bytes, coalesce(
       case when t.name = 'packed_points' then (select sum(count) from packed_points) else
  (select sum(greatest(c.reltuples, 0)) from pg_class c
   where c.relkind = 'r' and (c.oid = t.name::regclass or c.oid in (
     select i.inhrelid from pg_inherits i where i.inhparent = t.name::regclass))) end, 0)::float8 as rows
     from unnest($1::text[]) as t (name)
-- $1 = "{\"points\",\"packed_points\",\"points_late\",\"points_past\",\"points_set_aside\",\"trades_live\",\"trades_past\",\"trades_set_aside\",\"position_states\",\"books\",\"order_states\",\"order_lives\",\"symbol_notes\",\"alert_changes\",\"log_lines\",\"metrics_1m_live\",\"metrics_1h_live\",\"metrics_1m_past\",\"metrics_1h_past\",\"bars_1m_live\",\"bars_1h_live\",\"bars_1d_live\",\"bars_1m_past\",\"bars_1h_past\",\"bars_1d_past\",\"posted_bars\",\"series\",\"symbols\",\"stale_points\",\"stale_trades\",\"stale_posted\"}"
