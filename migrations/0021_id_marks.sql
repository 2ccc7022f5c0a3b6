-- Who stores remembers ids of symbols and series. An instant restore sets the sequences of ids back while they live on, and then gives the
-- same ids to other names; the identity of the database stays what it was. So whoever learns ids counts it here, in the same transaction,
-- and every insert asks for the count: where it is not there, neither are those ids.
create table id_marks (
  learner uuid primary key,
  mark bigint not null,
  marked_at timestamptz not null default now()
);
