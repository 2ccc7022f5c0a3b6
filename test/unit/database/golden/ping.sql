select current_setting('server_version') as version,
  exists (select from pg_extension where extname = 'timescaledb') as is_timescale, current_setting('timescaledb.license', true) as license,
  (select extversion from pg_extension where extname = 'timescaledb') as timescale, (
  select string_agg(p.name || ' = ' || current_setting(p.name), ', ' order by p.name)
  from (values ('timezone', 'UTC'), ('datestyle', 'ISO, MDY'), ('intervalstyle', 'postgres'), ('extra_float_digits', '1'), ('standard_conforming_strings', 'on'), ('array_nulls', 'on'), ('transform_null_equals', 'off'), ('quote_all_identifiers', 'off'), ('bytea_output', 'hex'), ('default_transaction_isolation', 'read committed'), ('default_transaction_read_only', 'off'), ('default_transaction_deferrable', 'off'), ('synchronous_commit', '')) p (name, wanted)
  where case p.name
    when 'synchronous_commit' then current_setting(p.name) = 'off'
    when 'timezone' then current_setting(p.name) not in ('UTC', 'Etc/UTC', 'GMT', 'Etc/GMT')
    when 'datestyle' then current_setting(p.name) not like 'ISO%'
    when 'extra_float_digits' then current_setting(p.name)::int4 < 1
    else current_setting(p.name) <> p.wanted end) as unpinned,
  pg_database_size(current_database())::float8 as bytes,
  to_regclass('schema_migrations') is not null as has_migrations

-- then

select name from schema_migrations order by name
