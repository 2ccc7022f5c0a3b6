-- Rows of points in chunks of a day, so that a day that is packed can be dropped. The chunks there are stay as long as they are:
-- what is packed of them is no longer read, and their space comes back when they are over.

select set_chunk_time_interval('points', interval '1 day');

-- Is there a chunk that ends by then?
create function has_range_before(table_name text, before timestamptz) returns boolean language sql as $$
  select exists (select from show_chunks(table_name::regclass, older_than => before))
$$;
