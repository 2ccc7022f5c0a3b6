/** What a line that begins with a backslash asks for, as psql's do. */
export type MetaCommand =
  | { kind: "none" }
  | { kind: "end" }
  | { kind: "statement"; text: string }
  | { kind: "unknown"; words: string };

/** The views for people, with their columns: those that name the symbol, where others have its number. */
const LIST_VIEWS = `select c.relname as view, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum) as columns
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where c.relkind = 'v' and pg_table_is_visible(c.oid)
  and exists (select from pg_attribute s where s.attrelid = c.oid and s.attname = 'symbol')
group by 1 order by 1`;

/** Reads one line of what was typed. `isFresh`: no statement has been begun before it. */
export function metaCommand(line: string, isFresh: boolean): MetaCommand {
  const word = line.trim().replace(/;$/, "");
  if (word === "\\q" || (isFresh && ["exit", "quit"].includes(word))) return { kind: "end" };
  if (/^\\d[tv]?\+?$/.test(word)) return { kind: "statement", text: LIST_VIEWS };
  if (isFresh && word === "help") return { kind: "unknown", words: HELP };
  if (!word.startsWith("\\")) return { kind: "none" };
  return { kind: "unknown", words: `${word.split(/\s/, 1)[0]} means nothing here. ${HELP}` };
}

const HELP = "Type SQL and a semicolon; \\d lists the views, \\q ends.";
