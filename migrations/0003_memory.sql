-- The memory beside the raw tape: where raw data begins, how far rollups reach, and which of their hours are stale.
-- What differs between plain Postgres and the editions of TimescaleDB follows in the files named after a mode.

-- One row. Every insert of points or trades locks it for share until it commits, so that the Keeper, which changes it, knows that
-- whatever was stored under the old row can be seen.
create table tape_state (
  singleton boolean primary key default true check (singleton),
  -- Whoever stores something earlier than this says so in stale_points or stale_trades.
  watermark timestamptz not null,
  -- Rollups hold everything earlier than this but for the stale hours: minutes through it, hours and days as far as they are over.
  rolled_through timestamptz not null,
  -- Raw points and trades begin here. What is stored of an earlier time goes to points_past and trades_past, which no
  -- retention touches: somebody put it there on purpose.
  raw_from timestamptz not null,
  -- Minute rollups begin here.
  minutes_from timestamptz not null,
  check (minutes_from <= raw_from and raw_from <= rolled_through and rolled_through <= watermark)
) with (fillfactor = 10);

-- Whole weeks since the epoch, as partitions and chunks are.
insert into tape_state (watermark, rolled_through, raw_from, minutes_from)
select date_bin('1 minute', now(), 'epoch'), date_bin('1 minute', now(), 'epoch'),
  date_bin('7 days', now() - interval '90 days', 'epoch'), date_bin('7 days', now() - interval '365 days', 'epoch');

-- Hours whose rollups lack something. Only ever inserted by those who store and deleted by the Keeper, which makes the
-- hours anew in the same statement; so no key is needed, and nobody waits for anybody. Where the making takes more than a
-- statement, the Keeper first claims the notes it has seen.
create table stale_points (
  hour timestamptz not null,
  series_id integer not null,
  is_claimed boolean not null default false
);
create index stale_points_hour on stale_points (hour, series_id);

create table stale_trades (
  hour timestamptz not null,
  symbol_id integer not null,
  is_claimed boolean not null default false
);
create index stale_trades_hour on stale_trades (hour, symbol_id);

-- Hours in which bars were posted, or trades came where bars had been posted.
create table stale_posted (
  hour timestamptz not null,
  symbol_id integer not null
);
create index stale_posted_hour on stale_posted (hour, symbol_id);

create table points_past (like points including all);
create table trades_past (like trades including all);

-- Bars that were posted. A bucket in which somebody traded is made of its trades.
create table posted_bars (
  bucket timestamptz not null,
  open double precision not null,
  high double precision not null,
  low double precision not null,
  close double precision not null,
  volume double precision not null,
  trades bigint not null,
  symbol_id integer not null,
  length_s integer not null,
  primary key (symbol_id, length_s, bucket)
);

-- Rollups of points_past, kept by the Keeper in every mode. first_ts and last_ts tell which part of a bucket opens and
-- closes it; cursor is the latest in it, for queries that stand at an earlier one.
create table metrics_1m_past (
  bucket timestamptz not null,
  count bigint not null,
  sum double precision not null,
  min double precision not null,
  max double precision not null,
  first double precision not null,
  last double precision not null,
  p95 double precision not null,
  p99 double precision not null,
  first_ts timestamptz not null,
  last_ts timestamptz not null,
  cursor bigint not null,
  series_id integer not null,
  primary key (series_id, bucket)
);
create table metrics_1h_past (like metrics_1m_past including all);

create table bars_1m_past (
  bucket timestamptz not null,
  open double precision not null,
  high double precision not null,
  low double precision not null,
  close double precision not null,
  volume double precision not null,
  trades bigint not null,
  first_ts timestamptz not null,
  last_ts timestamptz not null,
  cursor bigint not null,
  symbol_id integer not null,
  primary key (symbol_id, bucket)
);
create table bars_1h_past (like bars_1m_past including all);
create table bars_1d_past (like bars_1m_past including all);

-- What posted bars give to hours and days: minutes and hours in which nobody traded, or else a bar posted for the whole.
create table bars_1h_posted (
  bucket timestamptz not null,
  open double precision not null,
  high double precision not null,
  low double precision not null,
  close double precision not null,
  volume double precision not null,
  trades bigint not null,
  first_ts timestamptz not null,
  last_ts timestamptz not null,
  symbol_id integer not null,
  primary key (symbol_id, bucket)
);
create table bars_1d_posted (like bars_1h_posted including all);

-- What was stored before this migration has no rollups yet.
insert into stale_points (hour, series_id)
select distinct date_bin('1 hour', ts, 'epoch'), series_id from points;
insert into stale_trades (hour, symbol_id)
select distinct date_bin('1 hour', ts, 'epoch'), symbol_id from trades;

drop view trading_metrics;
