import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const FOLDER = import.meta.dirname;
const run = promisify(execFile);
/** What is wrong with this machine's Python, or null. */
const missing = await run("python3", [
  "-c",
  "import sqlite3, sys; assert sys.version_info >= (3, 9)",
])
  .then(() => null)
  .catch(() => "no python3 from 3.9 on with sqlite3 is here");

it.skipIf(missing !== null)(
  `the Python client holds its own tests${missing === null ? "" : ` (skipped: ${missing})`}`,
  async () => {
    const { stderr } = await run("python3", ["-B", "-W", "ignore", "-m", "unittest", "-b"], {
      cwd: FOLDER,
      timeout: 100_000,
      killSignal: "SIGKILL",
    });
    expect(stderr).toMatch(/Ran \d+ tests[\s\S]*\nOK/);
  },
  120_000,
);
