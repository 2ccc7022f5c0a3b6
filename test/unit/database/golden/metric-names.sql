with tail as (
  select metric, labels_key, max(ts_us) as ts_us
  from unnest($1::text[], $2::text[], $3::int8[]) as u (metric, labels_key, ts_us) group by 1, 2),
fresh as (
  select t.metric, t.labels_key from tail t where not exists (
    select from series s where s.symbol_id = (select id from symbols where symbol = $4) and s.metric = t.metric and s.labels_key = t.labels_key)),
page as (
  select * from (
    (select id, metric, labels_key from series where symbol_id = (select id from symbols where symbol = $4) and ($5::text is null or (metric, labels_key) > ($5, $6::text)) order by metric, labels_key limit $7)
    union all
    (select null, metric, labels_key from fresh where ($5::text is null or (metric, labels_key) > ($5, $6::text)) order by metric, labels_key limit $7)) n
  order by metric, labels_key limit $7)
select g.metric, g.labels_key, greatest(l.last_us, t.ts_us) as last_us,
  (select count(*) from series where symbol_id = (select id from symbols where symbol = $4)) + (select count(*) from fresh) as series
from page g left join tail t on t.metric = g.metric and t.labels_key = g.labels_key
cross join lateral (
  select (extract(epoch from greatest(
    (select max(p.ts) from points p where p.series_id = g.id and p.ts >= (select packed_through from tape_state) and p.ts < now() + interval '1 hour'),
    (select max(ts) from points_past where series_id = g.id),
    (select last_ts from series_1h where series_id = g.id order by bucket desc limit 1))) * 1000000)::int8 as last_us) l
order by g.metric, g.labels_key
-- $1 = "{\"m\"}"
-- $2 = "{\"{}\"}"
-- $3 = "{1767614400000001}"
-- $4 = "BTC-USD"
-- $5 = "k"
-- $6 = "{}"
-- $7 = 100
