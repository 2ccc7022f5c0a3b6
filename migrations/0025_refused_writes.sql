-- Whoever tries to write into these views is told the way in, as with all others.
create trigger refuse_change instead of insert or update or delete on logs for each row
execute function refuse_change('Push lines with POST /api/logs, such as {"level":"info","service":"router","event":"order sent"}.');

create trigger refuse_change instead of insert or update or delete on alerts for each row
execute function refuse_change('It is made of what rules find in what is pushed: set rules with PUT /api/alerts/rules/NAME.');
