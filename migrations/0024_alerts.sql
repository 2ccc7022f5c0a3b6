-- What alerts have done: each time one went from one state to another. The same in every mode: there are few.
create table alert_changes (
  ts timestamptz not null,
  cursor bigint not null,
  symbol_id integer not null,
  ordinal smallint not null,
  rule text not null,
  -- Empty where the rule is on no series.
  series text not null default '',
  -- 0 inactive, 1 pending, 2 firing; what it was, and what it is.
  was smallint not null,
  state smallint not null,
  -- Null where the rule reads none.
  value double precision,
  -- 0 info, 1 warning, 2 critical.
  severity smallint not null,
  message text not null,
  -- A change is its place in the log.
  primary key (symbol_id, ts, cursor, ordinal)
);

create index alert_changes_ts on alert_changes (ts, cursor, ordinal);
-- Replay reads by cursor.
create index alert_changes_cursor on alert_changes (symbol_id, cursor);

-- For people who write SQL.
create view alerts (timestamp, symbol, rule, series, state, was, value, severity, message) as
select a.ts, y.symbol, a.rule, nullif(a.series, ''), (array['inactive', 'pending', 'firing'])[a.state + 1],
  (array['inactive', 'pending', 'firing'])[a.was + 1], a.value, (array['info', 'warning', 'critical'])[a.severity + 1], a.message
from alert_changes a
join symbols y on y.id = a.symbol_id;
