-- Under the community licence TimescaleDB compresses rows itself, and continuous aggregates read them: nothing is packed, and
-- chunks stay whole weeks.

-- Is there a chunk that ends by then?
create function has_range_before(table_name text, before timestamptz) returns boolean language sql as $$
  select exists (select from show_chunks(table_name::regclass, older_than => before))
$$;
