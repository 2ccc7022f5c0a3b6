-- Positions: what an account holds of an instrument from a moment on. An event is a new state, not a change of one.
create table positions (
  ts timestamptz not null,
  quantity double precision not null,
  cursor bigint not null,
  symbol_id integer not null,
  ordinal smallint not null,
  -- Null where it was not said.
  avg_price double precision,
  -- '' is the position without an account.
  account text not null default '',
  -- Of two positions of an account at one moment the later in the log stays, as with points.
  primary key (symbol_id, account, ts)
);

-- Replay reads by cursor.
create index positions_cursor on positions (symbol_id, cursor);
