-- Which orders lived at a moment: of those that are over each length of life is looked for alone, in digits of its microseconds. One of
-- so many digits began no longer before, so little is read that had ended by then, however many orders came since.
create index order_lives_over_at on order_lives
  (symbol_id, length((extract(epoch from ts - first_ts) * 1000000)::int8::text), first_ts) where status >= 3;
