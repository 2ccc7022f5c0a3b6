-- Rows of points in ranges of a day, so that a day that is packed can be dropped. Those of before stay as long as they are. Where
-- nobody was there to make any for more than four weeks, all that time but the last four weeks is one range.

create or replace function add_ranges(through timestamptz) returns boolean language plpgsql as $$
declare
  parent record;
  range_end timestamptz;
  next_end timestamptz;
  is_added boolean := false;
begin
  for parent in
    select * from (values ('points', interval '1 day'), ('trades', interval '7 days'),
      ('metrics_1m_live', interval '28 days'), ('bars_1m_live', interval '28 days')) t (name, length)
  loop
    select max(range_to) into range_end from ranges_of(parent.name);
    while range_end <= through loop
      next_end := range_end + parent.length;
      if parent.name = 'points' then
        next_end := greatest(next_end, date_bin('1 day', through - interval '56 days', 'epoch'));
      end if;
      perform add_range(parent.name, range_end, next_end);
      range_end := next_end;
      is_added := true;
    end loop;
  end loop;
  return is_added;
end $$;

-- Weeks in which there is nothing yet become days.
do $$
declare
  week record;
  is_used boolean;
begin
  for week in select child from ranges_of('points') where range_to > now() order by range_to desc loop
    execute format('select exists (select from %I)', week.child) into is_used;
    exit when is_used;
    execute format('drop table %I', week.child);
  end loop;
end $$;
select add_ranges(now() + interval '28 days');

-- Is there a range that ends by then?
create function has_range_before(table_name text, before timestamptz) returns boolean language sql as $$
  select range_end_before(table_name, before) is not null
$$;
