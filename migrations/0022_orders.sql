-- Orders: an event is a state of an order, all that was said of it then. A status is its number in the order of an order's life:
-- 0 sent, 1 acknowledged, 2 partially filled, and, as ends, 3 rejected, 4 expired, 5 canceled, 6 filled.
create table order_states (
  ts timestamptz not null,
  cursor bigint not null,
  -- Null, all of these, where it was not said.
  quantity double precision,
  price double precision,
  filled double precision,
  avg_price double precision,
  symbol_id integer not null,
  ordinal smallint not null,
  status smallint not null,
  -- 1 buy, -1 sell.
  side smallint,
  -- '' is none.
  account text not null,
  venue text not null,
  order_id text not null,
  type text,
  correlation_id text,
  -- Of two of one name the later in the log stays, as with positions.
  primary key (symbol_id, order_id, venue, account, ts, status)
);

-- Replay reads by cursor.
create index order_states_cursor on order_states (symbol_id, cursor);
-- An export, and whoever looks at a span of time, reads by time.
create index order_states_ts on order_states (symbol_id, ts);
-- Whoever follows one cause looks in all symbols.
create index order_states_correlation on order_states (correlation_id) where correlation_id is not null;

-- Of each order when it began and which of its states is the newest: the latest, and at one moment the furthest.
create table order_lives (
  first_ts timestamptz not null,
  ts timestamptz not null,
  symbol_id integer not null,
  status smallint not null,
  account text not null,
  venue text not null,
  order_id text not null,
  primary key (symbol_id, order_id, venue, account)
);
create index order_lives_first on order_lives (symbol_id, first_ts);
create index order_lives_newest on order_lives (symbol_id, ts);
create index order_lives_open on order_lives (symbol_id, ts) where status < 3;
-- Retention looks for what ended long ago.
create index order_lives_over on order_lives (ts) where status >= 3;

create or replace view orders (timestamp, symbol, id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id) as
select s.ts, y.symbol, s.order_id,
  (array['sent', 'acknowledged', 'partially_filled', 'rejected', 'expired', 'canceled', 'filled'])[s.status + 1],
  case s.side when 1 then 'buy' when -1 then 'sell' end, s.type, s.quantity, s.price, s.filled, s.avg_price,
  nullif(s.venue, ''), nullif(s.account, ''), s.correlation_id
from symbols y
join order_states s on s.symbol_id = y.id;

drop trigger refuse_change on orders;
create trigger refuse_change instead of insert or update or delete on orders for each row
execute function refuse_change('Push states of orders with POST /api/orders, such as {"symbol":"BTC-USD","id":"7","status":"sent","side":"buy","quantity":2}.');

-- Notes: marks on the chart of a symbol.
create table symbol_notes (
  ts timestamptz not null,
  cursor bigint not null,
  symbol_id integer not null,
  ordinal smallint not null,
  -- Null where it was not said.
  level text,
  -- 'i' and its id, or, without one, 't' and its text.
  known_by text not null,
  text text not null,
  -- Of two of one name the later in the log stays.
  primary key (symbol_id, ts, known_by)
);
create index symbol_notes_cursor on symbol_notes (symbol_id, cursor);

create view notes (timestamp, symbol, id, level, text) as
select n.ts, y.symbol, case when n.known_by like 'i%' then substr(n.known_by, 2) end, n.level, n.text
from symbols y
join symbol_notes n on n.symbol_id = y.id;

create trigger refuse_change instead of insert or update or delete on notes for each row
execute function refuse_change('Write notes with POST /api/notes, such as {"symbol":"BTC-USD","text":"strategy restarted"}.');
