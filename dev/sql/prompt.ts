import { createInterface } from "node:readline/promises";
import { splitStatements } from "../database/migration/split-statements.ts";
import { metaCommand } from "./meta-command.ts";

export interface PromptDeps {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  /** Runs a statement and prints what came of it. When the signal says so nobody waits for that any more. */
  run(statement: string, signal: AbortSignal): Promise<unknown>;
}

/** Reads statements line by line, each up to its semicolon, until the input ends or a word says so. */
export async function prompt({ input, output, run }: PromptDeps): Promise<void> {
  const lines = createInterface({ input, output, prompt: "edgetape=> " });
  let text = "";
  let isClosed = false;
  let running: AbortController | undefined;
  lines.once("close", () => {
    isClosed = true;
  });
  const ask = () => {
    // What was typed ahead of the input's end is still run.
    if (isClosed) return;
    lines.setPrompt(text === "" ? "edgetape=> " : "edgetape-> ");
    lines.prompt();
  };
  lines.on("SIGINT", () => {
    // As psql: what runs is given up, what was begun is forgotten.
    output.write("\n");
    if (running !== undefined) return running.abort();
    text = "";
    ask();
  });
  ask();
  for await (const line of lines) {
    const meta = metaCommand(line, text === "");
    if (meta.kind === "end") break;
    if (meta.kind === "unknown") {
      output.write(`${meta.words}\n`);
      ask();
      continue;
    }
    if (meta.kind === "none") text += `${line}\n`;
    const statements = meta.kind === "statement" ? [meta.text] : wholeStatements(text);
    if (statements !== undefined) {
      if (meta.kind === "none") text = "";
      running = new AbortController();
      for (const statement of statements) {
        await run(statement, running.signal);
        if (running.signal.aborted) break;
      }
      running = undefined;
    }
    ask();
  }
  lines.close();
  output.write("\n");
}

/** The statements of a text that ends with a semicolon, or with nothing begun; undefined where more has to come. */
export function wholeStatements(text: string): string[] | undefined {
  try {
    const statements = splitStatements(text);
    if (statements.length === 0) return [];
    // One more is made of what follows the last semicolon.
    return splitStatements(`${text}\nselect 1`).length > statements.length ? statements : undefined;
  } catch {
    return undefined;
  }
}
