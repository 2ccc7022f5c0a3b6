-- Which database this is. Rooms remember it beside how far they have stored, so that an empty or another database in its place is found
-- out, and what they still hold is stored again. A new value makes all rooms do that: after a backup was put back, for one.
alter table tape_state add column identity uuid not null default gen_random_uuid();

-- What became of that where this database has taken the place of another: since when, how many rooms hold what was in the other one,
-- and up to which cursor (and so moment) something of them is held by nobody any more. Null where it never has.
alter table tape_state add column replaced_since timestamptz;
alter table tape_state add column replaced_rooms integer not null default 0;
alter table tape_state add column replaced_lost_to bigint;
