-- Days have 24 hours. Where a session's clock is put on or back, bars of a day were made of 23 hours, or lost all but one hour of theirs
-- to the day before (25 hours, the last of which were taken for all of the next). Hours have always been right, so days are
-- compared with theirs and made anew where they differ.

do $$
declare
  part text;
begin
  -- A continuous aggregate makes its days itself.
  foreach part in array array['live', 'past'] loop
    continue when (select relkind from pg_class where oid = ('bars_1d_' || part)::regclass) = 'v';
    execute format($sql$
      insert into bars_1d_%1$s (symbol_id, bucket, open, high, low, close, volume, trades, first_ts, last_ts, cursor)
      select * from (
        select h.symbol_id, date_bin('24 hours', h.bucket, 'epoch') as bucket,
          (array_agg(h.open order by h.first_ts))[1], max(h.high), min(h.low),
          (array_agg(h.close order by h.last_ts desc))[1], sum(h.volume), sum(h.trades)::int8,
          min(h.first_ts), max(h.last_ts), max(h.cursor)
        from bars_1h_%1$s h group by 1, 2) d
      where %2$L = 'past' or bucket + interval '24 hours' <= (select date_bin('24 hours', rolled_through, 'epoch') from tape_state)
      on conflict (symbol_id, bucket) do update
      set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
        trades = excluded.trades, first_ts = excluded.first_ts, last_ts = excluded.last_ts, cursor = excluded.cursor
      where bars_1d_%1$s.trades is distinct from excluded.trades$sql$, part, part);
  end loop;
end $$;

-- What posted bars give to a day is the Keeper's to make anew, from the note of an hour of it: where it is not what its hours give, and
-- where a bar was posted for the day and is not shown although nobody traded.
insert into stale_posted (hour, symbol_id)
select h.bucket, h.symbol_id
from (
  select symbol_id, date_bin('24 hours', bucket, 'epoch') as bucket, sum(trades) as trades, min(first_ts) as first_ts,
    max(last_ts) as last_ts
  from bars_1h_posted group by 1, 2) h
left join bars_1d_posted d on d.symbol_id = h.symbol_id and d.bucket = h.bucket
where (d.trades, d.first_ts, d.last_ts) is distinct from (h.trades, h.first_ts, h.last_ts)
union all
select p.bucket, p.symbol_id
from posted_bars p
where p.length_s = 86400
  and not exists (select from bars_1d_posted d where d.symbol_id = p.symbol_id and d.bucket = p.bucket)
  and not exists (
    select from trade_bars_1h t
    where t.symbol_id = p.symbol_id and t.bucket >= p.bucket and t.bucket < p.bucket + interval '24 hours');
