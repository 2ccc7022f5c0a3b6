-- Samples of order books: the best levels of a side, best first, prices and sizes apart. A room has all of its book and every
-- change; what it samples, once in ten seconds of changes, is what stays.
create table books (
  ts timestamptz not null,
  cursor bigint not null,
  -- The producer's count; null where it had none.
  seq bigint,
  symbol_id integer not null,
  ordinal smallint not null,
  bid_prices double precision[] not null,
  bid_sizes double precision[] not null,
  ask_prices double precision[] not null,
  ask_sizes double precision[] not null,
  -- A sample is its place in the log.
  primary key (symbol_id, ts, cursor, ordinal)
);

-- Replay reads by cursor.
create index books_cursor on books (symbol_id, cursor);

-- Retention looks for what is old. A table without ranges of time, the same in every mode: what grows old between two looks
-- is some hundred rows, and what they leave behind is filled by the next.
create index books_ts on books (ts);

-- For people who write SQL.
create view order_books (timestamp, symbol, best_bid, best_bid_size, best_ask, best_ask_size, mid, spread,
  bid_size, ask_size, bid_prices, bid_sizes, ask_prices, ask_sizes, seq) as
select b.ts, y.symbol, b.bid_prices[1], b.bid_sizes[1], b.ask_prices[1], b.ask_sizes[1],
  (b.bid_prices[1] + b.ask_prices[1]) / 2, b.ask_prices[1] - b.bid_prices[1],
  (select coalesce(sum(s), 0) from unnest(b.bid_sizes) s), (select coalesce(sum(s), 0) from unnest(b.ask_sizes) s),
  b.bid_prices, b.bid_sizes, b.ask_prices, b.ask_sizes, b.seq
from books b
join symbols y on y.id = b.symbol_id;
