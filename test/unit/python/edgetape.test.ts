import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const FOLDER = import.meta.dirname;
const run = promisify(execFile);
/** What is wrong with this machine's Python, or null. */
const missing = await run("python3", [
  "-c",
  "import sqlite3, sys; assert sys.version_info >= (3, 9)",
])
  .then(() => null)
  .catch(() => "no python3 from 3.9 on with sqlite3 is here");

const source = readFileSync(join(FOLDER, "test_edgetape.py"), "utf8");
const classes = [...source.matchAll(/^class (\w+)\(Case\):/gm)].map(([, name]) => name);
// They wait for most of their time, for disks and for what takes its time: two at once wait together.
const halves = [0, 1].map((half) => classes.filter((_, at) => at % 2 === half));

describe.concurrent(`the Python client${missing === null ? "" : ` (skipped: ${missing})`}`, () => {
  it.skipIf(missing !== null).each(halves)(
    "holds its own tests: %s, %s",
    async (...half) => {
      const names = half.map((name) => `test_edgetape.${name}`);
      const words = ["-B", "-W", "ignore", "-m", "unittest", "-b", ...names];
      const limits = { timeout: 100_000, killSignal: "SIGKILL" } as const;
      const { stderr } = await run("python3", words, { cwd: FOLDER, ...limits });
      expect(stderr).toMatch(/Ran [1-9]\d* tests?[\s\S]*\nOK/);
    },
    120_000,
  );
});
