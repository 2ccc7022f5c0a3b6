import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import * as z from "zod";

export const WORKER_SCRIPT = "worker.js";
export const ASSET_ROUTER_SCRIPT = "asset-router.js";

/** As wrangler bundles a Worker; `node:` and `cloudflare:` modules are the runtime's. */
const WORKER_BUILD: BuildOptions = {
  bundle: true,
  format: "esm",
  target: "es2024",
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "node:*"],
  logLevel: "silent",
};

/** Bundles are kept here: making one takes a fourth of a start's processor time. */
const KEPT_DIR = "dist/bundles";
/** What a bundle is made of beside the files that are in it. */
const SETTINGS = ["package-lock.json", "tsconfig.base.json", "src/tsconfig.json"];

const keptSchema = z.object({
  script: z.string(),
  /** Files in it, from the project's folder. */
  inputs: z.array(z.string()),
  /** Of `inputs` and settings as they were. */
  hash: z.string(),
});
type Kept = z.infer<typeof keptSchema>;

/**
 * Bundles the Worker at `main` and the asset router into `outDir`, as they were bundled before where nothing in them has
 * changed. Rejects with esbuild's messages.
 */
export async function bundleScripts(
  projectDir: string,
  main: string,
  outDir: string,
): Promise<void> {
  const scripts = [
    { from: main, to: WORKER_SCRIPT },
    { from: "dev/build/asset-router.ts", to: ASSET_ROUTER_SCRIPT },
  ];
  const kept = scripts.map(({ from }) => readKept(projectDir, from));
  const stale = scripts.filter((_, at) => kept[at] === undefined).map(({ from }) => from);
  const made = stale.length > 0 ? await make(projectDir, stale) : new Map<string, string>();
  for (const [at, { from, to }] of scripts.entries()) {
    writeFileSync(join(outDir, to), kept[at]?.script ?? made.get(from) ?? "");
  }
}

/** The scripts of some entry points, by these. */
async function make(projectDir: string, entries: string[]): Promise<Map<string, string>> {
  const { build, stop } = await import("esbuild");
  try {
    const made = entries.map(async (from) => {
      const { metafile, outputFiles } = await build({
        ...{ ...WORKER_BUILD, entryPoints: [from], absWorkingDir: projectDir },
        ...{ write: false, metafile: true },
      });
      const script = outputFiles[0]?.text ?? "";
      keep(projectDir, from, script, Object.keys(metafile.inputs));
      return [from, script] as const;
    });
    return new Map(await Promise.all(made));
  } finally {
    // Else the bundler's own process would run for as long as the product does.
    await stop();
  }
}

function readKept(projectDir: string, from: string): Kept | undefined {
  try {
    const kept = keptSchema.parse(JSON.parse(readFileSync(keptFile(projectDir, from), "utf8")));
    return hashOf(projectDir, kept.inputs) === kept.hash ? kept : undefined;
  } catch {
    // There is none, or a file that was in it has gone.
    return undefined;
  }
}

function keep(projectDir: string, from: string, script: string, inputs: string[]): void {
  const path = keptFile(projectDir, from);
  try {
    const kept: Kept = { script, inputs, hash: hashOf(projectDir, inputs) };
    mkdirSync(join(projectDir, KEPT_DIR), { recursive: true });
    // Several products may start at once.
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(kept));
    renameSync(`${path}.${process.pid}`, path);
  } catch {
    // The next start makes it again, as where the program's folder cannot be written to.
  }
}

function keptFile(projectDir: string, from: string): string {
  return join(projectDir, KEPT_DIR, `${from.replaceAll("/", "-")}.json`);
}

function hashOf(projectDir: string, inputs: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(WORKER_BUILD));
  for (const file of [...SETTINGS, ...inputs]) {
    const bytes = readFileSync(join(projectDir, file));
    hash.update(`${file}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
}
