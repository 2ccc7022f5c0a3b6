-- As TimescaleDB has it, for statements that are written for that: buckets of whole days and shorter begin at Monday 2000-01-03 and go
-- on from there, buckets of months at 2000-01-01, in UTC whatever the clock of the session says.
create function time_bucket(bucket_width interval, ts timestamptz) returns timestamptz
language sql immutable parallel safe
return case
  when extract(year from bucket_width) * 12 + extract(month from bucket_width) = 0
    then date_bin(bucket_width, ts, timestamptz '2000-01-03 00:00:00+00')
  else (timestamp '2000-01-01' + make_interval(months => (
    floor(((extract(year from ts at time zone 'UTC') - 2000) * 12 + extract(month from ts at time zone 'UTC') - 1)
      / (extract(year from bucket_width) * 12 + extract(month from bucket_width)))
    * (extract(year from bucket_width) * 12 + extract(month from bucket_width)))::int)) at time zone 'UTC'
end;
