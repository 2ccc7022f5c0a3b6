update tape_state set replaced_since = (timestamptz '1970-01-01 00:00:00+00' + $1::int8::int8 * interval '1 microsecond'), replaced_rooms = $2::int4,
      replaced_lost_to = $3::int8 where identity = $4::uuid
-- $1 = 1767614400000000
-- $2 = 2
-- $3 = 1767614400000000
-- $4 = "a-uuid"
