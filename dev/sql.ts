/**
 * `npm run sql [-- -c STATEMENTS] [--write] [--url URL [--endpoint URL]]`: a prompt on this machine's database, whose product may be
 * running or not, or on any other. Each statement is a transaction of its own.
 */
import { text } from "node:stream/consumers";
import { splitStatements } from "./database/migration/split-statements.ts";
import { type Reached, reachDatabase } from "./doctor/reach.ts";
import { askSql } from "./sql/ask.ts";
import { metaCommand } from "./sql/meta-command.ts";
import { readSqlOptions, type SqlOptions, USAGE } from "./sql/options.ts";
import { printed } from "./sql/print.ts";
import { prompt } from "./sql/prompt.ts";

async function main(options: SqlOptions): Promise<number> {
  switch (options.kind) {
    case "help":
      console.log(USAGE);
      return 0;
    case "invalid":
      console.error(`${options.problem}\n${USAGE}`);
      return 2;
    case "options":
      return withDatabase(options);
  }
}

async function withDatabase(options: Extract<SqlOptions, { kind: "options" }>): Promise<number> {
  let reached: Reached | undefined;
  try {
    reached = await reachDatabase(options, process.env);
    return await runAll(reached, options);
  } catch (error) {
    console.error(`the database cannot be asked: ${(error as Error).message}`);
    return 2;
  } finally {
    await reached?.release();
  }
}

async function runAll(
  reached: Reached,
  { command, canWrite }: Extract<SqlOptions, { kind: "options" }>,
): Promise<number> {
  const run = async (statement: string, signal?: AbortSignal): Promise<boolean> => {
    const door = { ...reached, fetch, ...(signal === undefined ? {} : { signal }) };
    const outcome = await askSql(door, statement, canWrite).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
    if (outcome === undefined) {
      console.error("canceled");
      return false;
    }
    const isWell = outcome.kind === "answer";
    (isWell ? process.stdout : process.stderr).write(printed(statement, outcome));
    return isWell;
  };
  if (command === undefined && process.stdin.isTTY) {
    console.log(
      `${canWrite ? "Statements may write." : "Statements only read."} \\d lists the views, \\q ends.`,
    );
    await prompt({ input: process.stdin, output: process.stdout, run });
    return 0;
  }
  // The rest is not run after one that failed: it may have been meant to build on it.
  const typed = command ?? (await text(process.stdin));
  const meta = metaCommand(typed, true);
  if (meta.kind === "unknown") {
    console.error(meta.words);
    return 1;
  }
  const statements = meta.kind === "statement" ? [meta.text] : splitStatements(withoutEnd(typed));
  for (const statement of statements) if (!(await run(statement))) return 1;
  return 0;
}

/** A script for psql may say by itself where it ends. */
function withoutEnd(typed: string): string {
  return typed.replace(/^\\q[\s\S]*$/m, "");
}

process.exitCode = await main(readSqlOptions(process.argv.slice(2)));
