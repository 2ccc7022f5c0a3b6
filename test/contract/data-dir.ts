import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openPglite } from "../../dev/database/pglite-backend.ts";
import pglite from "../../node_modules/@electric-sql/pglite/package.json" with { type: "json" };

/** To make an empty cluster takes four seconds of processor, to copy one a tenth of a second. */
const TEMPLATE = fileURLToPath(
  new URL(`../../node_modules/.cache/edgetape/pglite-${pglite.version}`, import.meta.url).href,
);

/** A new data folder in the system's temporary folder, with an empty embedded database in `postgres`. */
export async function newDataDir(): Promise<string> {
  if (!existsSync(TEMPLATE)) await makeTemplate();
  const folder = mkdtempSync(join(tmpdir(), "edgetape-contract-"));
  cpSync(TEMPLATE, join(folder, "postgres"), { recursive: true });
  return folder;
}

async function makeTemplate(): Promise<void> {
  mkdirSync(dirname(TEMPLATE), { recursive: true });
  const draft = mkdtempSync(`${TEMPLATE}-`);
  const backend = await openPglite(draft, () => undefined);
  await backend.close();
  try {
    // Whole or not at all: other test files may be making theirs.
    renameSync(draft, TEMPLATE);
  } catch {
    rmSync(draft, { recursive: true });
  }
}
