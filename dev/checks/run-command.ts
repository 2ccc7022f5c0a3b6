import { spawn } from "node:child_process";

export type CommandResult = { exitedWell: boolean; output: string };

/** Runs a program of node_modules/.bin (or any on PATH) to its end and keeps what it says. */
export function runCommand(
  projectDir: string,
  [program, ...args]: readonly [string, ...string[]],
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: projectDir,
      stdio: ["ignore", "pipe", "pipe"],
      // No word to anyone outside.
      env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => output.push(text));
    }
    child.on("error", (error) => resolve({ exitedWell: false, output: error.message }));
    child.on("close", (code) => resolve({ exitedWell: code === 0, output: output.join("") }));
  });
}
