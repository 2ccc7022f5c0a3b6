-- Compiling a plan costs seconds where it has many partitions, and saves milliseconds. Whoever may not set it for the database
-- goes on without.
do $$
begin
  execute format('alter database %I set jit = off', current_database());
exception when insufficient_privilege then
  raise notice 'jit stays as it is: set it to off for this database';
end $$;
