-- All of the time before the setup was one range of trades and one of minutes, and none of it could be dropped before all of it was
-- old. It becomes ranges like any other, with what is in it. Points need none of this: their rows go when they are packed.

do $$
declare
  parent record;
  whole record;
  child_from timestamptz;
  child_to timestamptz;
begin
  for parent in
    select * from (values ('trades_live', interval '168 hours'), ('metrics_1m_live', interval '672 hours'),
      ('bars_1m_live', interval '672 hours')) t (name, length)
  loop
    for whole in
      select r.child, r.range_to,
        substring(pg_get_expr(c.relpartbound, c.oid) from 'FROM [(]''([^'']+)''[)]')::timestamptz as range_from
      from ranges_of(parent.name) r join pg_class c on c.oid = r.child::regclass
    loop
      continue when whole.range_to - whole.range_from <= parent.length;
      execute format('alter table %I detach partition %I', parent.name, whole.child);
      execute format('alter table %I rename to %I', whole.child, 'divided_' || whole.child);
      -- The first piece takes the name of the whole, and the names of its indexes are free for others as Postgres numbers them.
      child_from := whole.range_from;
      while child_from < whole.range_to loop
        child_to := least(date_bin(parent.length, child_from, 'epoch') + parent.length, whole.range_to);
        perform add_range(parent.name, child_from, child_to);
        child_from := child_to;
      end loop;
      execute format('insert into %I select * from %I', parent.name, 'divided_' || whole.child);
      execute format('drop table %I', 'divided_' || whole.child);
    end loop;
  end loop;
end $$;

-- Where the newest range of raw data ends that is over by the cutoff, and with a day; null where there is none. Minutes begin with a
-- week, as in the other modes: what is older than the first range is in no range.
create or replace function range_end_before(table_name text, cutoff timestamptz) returns timestamptz language sql as $$
  select case
    when table_name = 'metrics_1m_live' then date_bin('168 hours', cutoff, 'epoch')
    else (
      select max(range_to) from ranges_of(table_name)
      where range_to <= cutoff and range_to = date_bin('24 hours', range_to, 'epoch'))
  end
$$;
