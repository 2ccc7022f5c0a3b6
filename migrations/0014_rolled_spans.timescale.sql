-- From when to when the raw data of a rolled up bucket reaches, as far as it was stored before its time's raw data was dropped.
-- Of what is materialized alone: a look at one bucket of the aggregate itself would look at all newer raw data as well.

do $$
declare
  spans record;
begin
  for spans in
    select t.name, t.key, a.materialization_hypertable_schema as in_schema, a.materialization_hypertable_name as in_table
    from (values ('points_1m_spans', 'metrics_1m_live', 'series_id'), ('points_1h_spans', 'metrics_1h_live', 'series_id'),
      ('trades_1m_spans', 'bars_1m_live', 'symbol_id'), ('trades_1h_spans', 'bars_1h_live', 'symbol_id')) t (name, view, key)
    join timescaledb_information.continuous_aggregates a on a.view_name = t.view and a.view_schema = current_schema()
  loop
    execute format('create view %I as select %I, bucket, first_ts, last_ts from %I.%I',
      spans.name, spans.key, spans.in_schema, spans.in_table);
  end loop;
end $$;
