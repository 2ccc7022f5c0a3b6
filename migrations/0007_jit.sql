-- Compiling a plan costs seconds where it has many partitions, and saves milliseconds. Whoever may not set it for the database
-- goes on without.
do $$
begin
  execute format('alter database %I set jit = off', current_database());
exception when insufficient_privilege then
  raise notice 'jit stays as it is: set it to off for this database';
end $$;

-- The session that migrates goes on to serve, and the setting of a database is for those that begin later.
select set_config('jit', 'off', false);
