import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import type { SqlAnswer } from "../../../dev/sql/ask.ts";
import { readSqlOptions } from "../../../dev/sql/options.ts";
import { printed } from "../../../dev/sql/print.ts";
import { prompt, wholeStatements } from "../../../dev/sql/prompt.ts";

it.each([
  ["select 1;\n", ["select 1"]],
  ["select 1; select 2;", ["select 1", "select 2"]],
  ["select ';';", ["select ';'"]],
  ["  \n", []],
  ["-- nothing yet\n", []],
  ["select 1\n", undefined],
  ["select 1; select 2\n", undefined],
  ["select ';\n", undefined],
  ["select $$;\n", undefined],
  ["select 1; -- done\n", ["select 1"]],
])("a text is whole at the semicolon that ends it: %j", (typed, statements) => {
  expect(wholeStatements(typed)).toEqual(statements);
});

it("the prompt runs each statement when it is whole, and ends by a word", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const ran: string[] = [];
  const run = async (statement: string) => void ran.push(statement);
  input.write("select 1,\n2; select 3;\n\\q\nselect 4;\n");
  await prompt({ input, output, run });
  output.end();
  expect(ran).toEqual(["select 1,\n2", "select 3"]);
  expect(await text(output)).toContain("edgetape-> ");
});

it("a line with a backslash is answered at once, also in the middle of a statement", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const ran: string[] = [];
  const run = async (statement: string) => void ran.push(statement);
  input.write("\\dt\n\\nonsense\nselect\n\\d\n1;\nselect 2\n\\q\n");
  await prompt({ input, output, run });
  output.end();
  expect(ran).toEqual([
    expect.stringContaining("c.relkind = 'v'"),
    expect.stringContaining("c.relkind = 'v'"),
    "select\n1",
  ]);
  expect(await text(output)).toContain("\\nonsense means nothing here");
});

it("Ctrl-C gives up the statement that runs and what was typed behind it, and the prompt goes on", async () => {
  const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: true })];
  const ran: string[] = [];
  const run = (statement: string, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      ran.push(statement);
      if (statement !== "select 1") return resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
      input.write("\u0003");
    });
  const ended = prompt({ input, output, run });
  input.write("select 1; select 2;\nselect 3;\n\\q\n");
  await ended;
  expect(ran).toEqual(["select 1", "select 3"]);
});

const answered = (fields: SqlAnswer["fields"], rows: SqlAnswer["rows"]) =>
  printed("", { kind: "answer", answer: { fields, rows, command: "SELECT", rowCount: 0 } });

it("a row stays a line, whatever it holds", () => {
  const fields = [{ name: "a", typeId: 25 }];
  expect(answered(fields, [["x\ny\u0001\u009b"], ["ä😀"]])).toBe(
    "        a\n------------------\n x\\ny\\u0001\\u009b\n ä😀\n(2 rows)\n\n",
  );
});

it("a position counts characters, not units of UTF-16", () => {
  const error = { severity: "ERROR", code: "42703", message: "m", detail: undefined, hint: "h" };
  expect(printed("select '😀', b", { kind: "refused", error: { ...error, position: 13 } })).toBe(
    "ERROR:  m\nLINE 1: select '😀', b\n                    ^\nHINT:  h\n",
  );
});

it.each([
  [["--nope"], "invalid"],
  [["--url", "x y"], "invalid"],
  [["-h"], "help"],
])("options %j are %s", (args, kind) => {
  expect(readSqlOptions(args).kind).toBe(kind);
});

it("statements only read unless it is said", () => {
  expect(readSqlOptions(["-c", "select 1"])).toMatchObject({
    command: "select 1",
    canWrite: false,
  });
  expect(readSqlOptions(["-c", "select 1", "-c", "select 2"])).toMatchObject({
    command: "select 1;\nselect 2",
  });
  expect(readSqlOptions(["--write"])).toMatchObject({ command: undefined, canWrite: true });
});
