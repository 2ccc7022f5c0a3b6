import { describe, expect, it } from "vitest";
import { splitStatements } from "../../../dev/database/migration/split-statements.ts";

describe("splitting SQL into statements", () => {
  it.each([
    ["", []],
    ["  ;; \n ; ", []],
    ["select 1", ["select 1"]],
    ["select 1; select 2;", ["select 1", "select 2"]],
    ["select ';'; select 2", ["select ';'", "select 2"]],
    ["select 'it''s; fine'; select 2", ["select 'it''s; fine'", "select 2"]],
    ["select 'a\\'; select 2", ["select 'a\\'", "select 2"]],
    ["select E'a\\';b'; select 2", ["select E'a\\';b'", "select 2"]],
    ["select e'\\\\'; select 2", ["select e'\\\\'", "select 2"]],
    ["select name'x\\'; select 2", ["select name'x\\'", "select 2"]],
    ['select "a;""b" ; select 2', ['select "a;""b"', "select 2"]],
    ["do $$ begin; end $$; select 2", ["do $$ begin; end $$", "select 2"]],
    ["do $a$ $$ ; $b$ ; $a$; select 2", ["do $a$ $$ ; $b$ ; $a$", "select 2"]],
    ["select a$b$; select c$b$", ["select a$b$", "select c$b$"]],
    ["select $1; select $2", ["select $1", "select $2"]],
    ["-- only; a comment\n", []],
    ["-- it's; one\nselect 1; -- two;", ["-- it's; one\nselect 1"]],
    ["/* a; /* b; */ c; */ select 1; /* ' */", ["/* a; /* b; */ c; */ select 1"]],
    ["select 1 -- $$ '\n; select 2", ["select 1 -- $$ '", "select 2"]],
    ["select 1 - -1; select 4 / 2", ["select 1 - -1", "select 4 / 2"]],
    ["select 'ü;日;😀'; select \"ü;\"", ["select 'ü;日;😀'", 'select "ü;"']],
    ["select 1;\r\nselect 2", ["select 1", "select 2"]],
  ])("%j", (sql, statements) => {
    expect(splitStatements(sql)).toEqual(statements);
  });

  it.each([
    ["select 1;\nselect 'a", /text that begins in line 2/],
    ["select E'a\\'", /text/],
    ['select "a', /name/],
    ["do $x$ $$", /dollar quote/],
    ["/* /* */", /comment/],
  ])("says where %j has no end", (sql, message) => {
    expect(() => splitStatements(sql)).toThrow(message);
  });
});
