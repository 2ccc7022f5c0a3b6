-- The tape in Postgres: every point and every trade, with the place it had in its room's log.
--
-- An event is named by (symbol, cursor, ordinal): the cursor of its frame and its index inside that frame. Times are
-- microseconds; timestamptz holds them exactly.
--
-- Columns stand widest first, so that no row carries alignment padding.

-- Ids instead of names in the big tables: 4 bytes a row, and integer comparison in every index.
create table symbols (
  id integer generated always as identity primary key,
  symbol text not null unique
);

-- A series is metric + symbol + labels. `labels_key` is the one canonical spelling of the labels, made by the writer;
-- `labels` is the same for queries.
create table series (
  id integer generated always as identity primary key,
  symbol_id integer not null references symbols (id),
  metric text not null,
  labels jsonb not null,
  labels_key text not null,
  unique (symbol_id, metric, labels_key)
);

-- No foreign key on series_id: it would be looked up for every row of every insert, and only the writer, which has
-- just resolved the id, inserts here.
create table points (
  ts timestamptz not null,
  value double precision not null,
  cursor bigint not null,
  series_id integer not null,
  ordinal smallint not null,
  primary key (series_id, ts)
);

-- Replay reads by cursor. Rows arrive in cursor order, so block ranges are enough: a B-tree on (series_id, cursor) would
-- cost 36 bytes a point and a fifth of the insert rate. Ranges not yet summarised are always read, hence autosummarize;
-- the embedded database has no autovacuum to do it, its endpoint summarises on a timer.
create index points_cursor on points using brin (cursor) with (pages_per_range = 32, autosummarize = on);

-- No column is null: one null would cost every row eight bytes of bitmap.
create table trades (
  ts timestamptz not null,
  price double precision not null,
  size double precision not null,
  cursor bigint not null,
  symbol_id integer not null,
  ordinal smallint not null,
  -- 1 buy, -1 sell, 0 not said: sum(size * side) is the net flow.
  side smallint not null default 0,
  venue text not null default '',
  trade_id text not null default '',
  -- The order of bars, and the identity of a trade without an id.
  primary key (symbol_id, ts, cursor, ordinal)
);

create index trades_cursor on trades using brin (cursor) with (pages_per_range = 32, autosummarize = on);

-- The same symbol, venue, id and ts is the same trade. (Unique keys hold ts, because a table partitioned by time can only
-- have such.)
create unique index trades_identity on trades (symbol_id, venue, trade_id, ts) where trade_id <> '';

-- For people who write SQL.
create view trading_metrics (timestamp, metric_name, value, symbol, labels) as
select p.ts, s.metric, p.value, y.symbol, s.labels
from points p
join series s on s.id = p.series_id
join symbols y on y.id = s.symbol_id;
