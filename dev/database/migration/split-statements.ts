/**
 * Splits SQL into its statements at the semicolons that end them: not those inside quotes, dollar quotes or comments.
 * Statements come back trimmed and without their semicolon; parts of nothing but comments are left out.
 *
 * One form is not known: `BEGIN ATOMIC` bodies of SQL functions, whose semicolons stand bare. Dollar quotes do the same.
 *
 * @throws where a quote or a comment has no end.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let hasCode = false;
  let at = 0;
  while (at < sql.length) {
    const skipped = skipComment(sql, at);
    if (skipped !== undefined) {
      at = skipped;
    } else if (sql[at] === ";") {
      if (hasCode) statements.push(sql.slice(start, at).trim());
      at += 1;
      start = at;
      hasCode = false;
    } else {
      const next = skipToken(sql, at);
      hasCode ||= sql.slice(at, next).trim() !== "";
      at = next;
    }
  }
  if (hasCode) statements.push(sql.slice(start).trim());
  return statements;
}

/** Position after the comment that begins at `at`, or undefined where none does. Block comments nest in Postgres. */
function skipComment(sql: string, at: number): number | undefined {
  if (sql.startsWith("--", at)) {
    const end = sql.indexOf("\n", at);
    return end === -1 ? sql.length : end + 1;
  }
  if (!sql.startsWith("/*", at)) return undefined;
  let depth = 0;
  for (let next = at; next < sql.length; ) {
    if (sql.startsWith("/*", next)) {
      depth += 1;
      next += 2;
    } else if (sql.startsWith("*/", next)) {
      depth -= 1;
      next += 2;
      if (depth === 0) return next;
    } else {
      next += 1;
    }
  }
  throw unended("comment", sql, at);
}

/** Position after the quoted text, the word or the one character that begins at `at`. */
function skipToken(sql: string, at: number): number {
  const char = sql[at];
  if (char === "'") return skipQuoted(sql, at, "'", false);
  if (char === '"') return skipQuoted(sql, at, '"', false);
  if (char === "$") {
    const tag = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(sql.slice(at, at + 70));
    if (tag === null) return at + 1;
    const end = sql.indexOf(tag[0], at + tag[0].length);
    if (end === -1) throw unended("dollar quote", sql, at);
    return end + tag[0].length;
  }
  // A word is taken whole: the e of E'...' must begin one, and a $ inside one begins no dollar quote.
  const word = /^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/.exec(sql.slice(at, at + 200));
  if (word === null) return at + 1;
  const end = at + word[0].length;
  if (/^e$/i.test(word[0]) && sql[end] === "'") return skipQuoted(sql, end, "'", true);
  return end;
}

function skipQuoted(sql: string, at: number, quote: string, hasEscapes: boolean): number {
  for (let next = at + 1; next < sql.length; next += 1) {
    if (hasEscapes && sql[next] === "\\") next += 1;
    else if (sql[next] === quote) {
      if (sql[next + 1] !== quote) return next + 1;
      next += 1;
    }
  }
  throw unended(quote === "'" ? "text" : "name", sql, at);
}

function unended(what: string, sql: string, at: number): Error {
  const line = sql.slice(0, at).split("\n").length;
  return new Error(`the ${what} that begins in line ${line} has no end`);
}
