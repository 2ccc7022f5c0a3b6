import { type Backend, type ConnectionUse, PostgresError, type Statement } from "../backend.ts";
import { openPostgres } from "../postgres-backend.ts";
import { StartFailure } from "./start-failure.ts";

/** To this one all that is in the database belongs. It is no superuser: no statement of its touches the machine. */
export const OWNER = "edgetape_owner";
/** May read all that is in the database, and nothing else. */
const READER = "edgetape_reader";

const ROLE_OF: Record<ConnectionUse, string> = {
  reader: READER,
  writer: OWNER,
  keeper: OWNER,
  prompt: READER,
  "writing-prompt": OWNER,
};

/** Things are given away so many in a transaction: each takes a few of the locks that a server has. */
const GIVEN_AT_ONCE = 200;

/**
 * What of the roles and of their rights is not there yet. The owner inherits the reader's rights, among them that of ending its
 * statements.
 */
const MISSING_ROLES = `
select * from (values
  (1, 'create role ${OWNER} login', to_regrole('${OWNER}') is null),
  (2, 'create role ${READER} login', to_regrole('${READER}') is null),
  (3, 'grant pg_read_all_data to ${READER}', not exists (select from granted where role = '${READER}' and has = 'pg_read_all_data')),
  (4, 'grant ${READER}, pg_checkpoint to ${OWNER}', not exists (select from granted where role = '${OWNER}' and has = '${READER}'))
) as m (place, statement, is_missing) where is_missing order by place`;

const GRANTED = `
with granted as (
  select m.rolname as role, r.rolname as has
  from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid)`;

/**
 * What belongs to the superuser, who has made the database: the database, and all in it that is no part of Postgres or of an
 * extension. What follows its table (indexes, sequences of columns, types of rows and arrays) is left out.
 */
const NOT_GIVEN = `
with mine as (select oid from pg_roles where rolname = current_user),
schemas as (
  select n.oid, n.nspname, n.nspowner from pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'),
things as (
  select 'database' as kind, quote_ident(d.datname) as name, d.datdba as owner, 'pg_database'::regclass as class, d.oid
  from pg_database d where d.datname = current_database()
  union all
  select 'schema', quote_ident(n.nspname), n.nspowner, 'pg_namespace'::regclass, n.oid from schemas n
  union all
  select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
      when 'f' then 'foreign table' else 'table' end,
    format('%I.%I', n.nspname, c.relname), c.relowner, 'pg_class'::regclass, c.oid
  from pg_class c join schemas n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    or c.relkind = 'S' and not exists (
      select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i'))
  union all
  select 'routine', format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), p.proowner,
    'pg_proc'::regclass, p.oid
  from pg_proc p join schemas n on n.oid = p.pronamespace
  union all
  select 'type', format('%I.%I', n.nspname, t.typname), t.typowner, 'pg_type'::regclass, t.oid
  from pg_type t join schemas n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
  where t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
select format('alter %s %s owner to ${OWNER}', kind, name) from things
where owner = (select oid from mine) and not exists (
  select from pg_depend d where d.classid = things.class and d.objid = things.oid and d.deptype = 'e')`;

/** Where names of the superuser's statements are looked for: whoever may write could have put others into a schema of the tape's. */
const OWN_NAMES = "pg_catalog, pg_temp";

/** Connections to the embedded database at `url`, none of them a superuser's. */
export function openAsRoles(url: string): Backend {
  return openPostgres(url, (use) => ROLE_OF[use]);
}

/**
 * Makes the roles of the database at `url`, whose user is its superuser, and gives the owner what is in it; where all is so already
 * it writes nothing. Broken off anywhere, the next call goes on.
 *
 * @throws StartFailure with what the server said.
 */
export async function makeRoles(url: string): Promise<void> {
  const connection = new URL(url);
  connection.searchParams.set("options", `-c search_path=${OWN_NAMES.replace(" ", "")}`);
  const backend = openPostgres(connection.href);
  const run = async (...texts: readonly string[]) => {
    const all = [`set local search_path = ${OWN_NAMES}`, ...texts];
    const statements: Statement[] = all.map((text) => ({ text, params: [] }));
    const results = await backend.transaction(statements, { readOnly: false, deferrable: false });
    return results.at(-1)?.rows ?? [];
  };
  try {
    const missing = await run(GRANTED + MISSING_ROLES);
    if (missing.length > 0) await run(...missing.map(([, statement]) => String(statement)));
    const gifts = (await run(NOT_GIVEN)).map(([statement]) => String(statement));
    for (let at = 0; at < gifts.length; at += GIVEN_AT_ONCE) {
      await run(...gifts.slice(at, at + GIVEN_AT_ONCE));
    }
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    throw new StartFailure(`the roles of the database cannot be made: ${error.message}`);
  } finally {
    await backend.close();
  }
}
