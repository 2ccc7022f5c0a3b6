-- From when to when the raw data of a rolled up bucket reaches, as far as it was stored before its time's raw data was dropped.

create view points_1m_spans as select series_id, bucket, first_ts, last_ts from metrics_1m_live;
create view points_1h_spans as select series_id, bucket, first_ts, last_ts from metrics_1h_live;
create view trades_1m_spans as select symbol_id, bucket, first_ts, last_ts from bars_1m_live;
create view trades_1h_spans as select symbol_id, bucket, first_ts, last_ts from bars_1h_live;
