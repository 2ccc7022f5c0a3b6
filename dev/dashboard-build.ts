import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** Everything the built dashboard depends on. */
const INPUTS = [
  "web/**/*",
  "push/python/edgetape.py",
  "client/**/*.ts",
  "src/protocol/**/*.ts",
  "src/core/**/*.ts",
  "tsconfig.base.json",
  "package-lock.json",
];

/** Beside the build, not in it, for the folder is served. */
const HASH_FILE = "dist/web.hash";

/**
 * Builds the dashboard into dist/web where its inputs have changed since the last build that went through. Rejects
 * with the bundler's words.
 */
export async function buildDashboardIfStale(projectDir: string): Promise<"built" | "fresh"> {
  const hash = hashInputs(projectDir);
  if (readHash(projectDir) === hash) return "fresh";
  rmSync(join(projectDir, HASH_FILE), { force: true });
  try {
    // A process of its own: loading the bundler would hold up the supervisor for half a second at every start.
    await promisify(execFile)(process.execPath, [viteBin(projectDir), "build", "web"], {
      cwd: projectDir,
    });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`the dashboard does not build\n${stdout}${stderr}`);
  }
  writeFileSync(join(projectDir, HASH_FILE), `${hash}\n`);
  return "built";
}

export function viteBin(projectDir: string): string {
  return join(projectDir, "node_modules/vite/bin/vite.js");
}

function hashInputs(projectDir: string): string {
  const hash = createHash("sha256");
  const files = globSync(INPUTS, { cwd: projectDir, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) {
    const bytes = readFileSync(file);
    hash.update(`${file.slice(projectDir.length)}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}

function readHash(projectDir: string): string | undefined {
  try {
    // The folder may have been removed by hand since.
    readFileSync(join(projectDir, "dist/web/index.html"));
    return readFileSync(join(projectDir, HASH_FILE), "utf8").trim();
  } catch {
    return undefined;
  }
}
