import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** Everything the built dashboard depends on. */
const INPUTS = [
  "web/**/*",
  "push/python/edgetape.py",
  // Not what is packed of it, in client/dist.
  "client/*.ts",
  "src/protocol/**/*.ts",
  "src/core/**/*.ts",
  "tsconfig.base.json",
  "package-lock.json",
];

const SERVED = "dist/web";
const INDEX = "index.html";
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
  const built = join(projectDir, `${SERVED}.${process.pid}`);
  try {
    // A process of its own: loading the bundler would hold up the supervisor for half a second at every start.
    await promisify(execFile)(
      process.execPath,
      [viteBin(projectDir), "build", "web", "--outDir", built, "--emptyOutDir"],
      // As it is served, whoever builds it: a test's environment asks libraries for other code.
      { cwd: projectDir, env: { ...process.env, NODE_ENV: "production" } },
    );
    putInPlace(built, join(projectDir, SERVED));
  } catch (error) {
    const { message, stdout = "", stderr = "" } = error as Error & Record<string, string>;
    throw new Error(`the dashboard does not build: ${message}\n${stdout}${stderr}`);
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
  writeFileSync(join(projectDir, HASH_FILE), `${hash}\n`);
  return "built";
}

/**
 * Other products may serve the folder meanwhile, and a runtime holds it open: so the folder stays, each file comes at once,
 * pages behind what they need, and what is not of this build goes last.
 */
export function putInPlace(built: string, served: string): void {
  const files = filesOf(built).sort((a, b) => Number(isPage(a)) - Number(isPage(b)));
  for (const file of files) {
    const place = join(served, file);
    mkdirSync(dirname(place), { recursive: true });
    renameSync(join(built, file), place);
  }
  const isNew = new Set(files);
  for (const file of filesOf(served))
    if (!isNew.has(file)) rmSync(join(served, file), { force: true });
}

function isPage(file: string): boolean {
  return file.endsWith(".html");
}

function filesOf(folder: string): string[] {
  return globSync("**/*", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
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
    readFileSync(join(projectDir, SERVED, INDEX));
    return readFileSync(join(projectDir, HASH_FILE), "utf8").trim();
  } catch {
    return undefined;
  }
}
