select remove_compression_policy(t.name::regclass, if_exists => true) is null,
  case when $1::int4 > 0 then add_compression_policy(t.name::regclass, compress_after => make_interval(days => $1::int4)) end
from (values ('points'), ('trades_live')) t (name)
where not exists (
    select from timescaledb_information.jobs j
    where j.hypertable_name = t.name and j.proc_name = 'policy_compression'
      and (j.config->>'compress_after')::interval = make_interval(days => $1::int4))
  and ($1::int4 > 0 or exists (
    select from timescaledb_information.jobs j
    where j.hypertable_name = t.name and j.proc_name = 'policy_compression'))
-- $1 = 7
