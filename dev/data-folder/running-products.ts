import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { runningOn } from "./folder-lock.ts";

/** Where the products of this user say which folder is theirs, so that a command in another terminal finds them. */
const NOTES_DIR = join(tmpdir(), `edgetape-${userName()}`);
const USUAL_DATA_DIR = ".data";

/** Tells other commands that a product runs on `dataDir`; the function it returns takes that back. */
export function announce(dataDir: string): () => void {
  mkdirSync(NOTES_DIR, { recursive: true, mode: 0o700 });
  const note = join(NOTES_DIR, createHash("sha256").update(dataDir).digest("hex").slice(0, 16));
  writeFileSync(note, dataDir, { mode: 0o600 });
  return () => rmSync(note, { force: true });
}

/**
 * The environment of a command, with the DATA_DIR of the product it is about: the one that is set, else the usual one
 * where that is running or nothing is, else that of the one product this user runs. With a `url` it is the product that
 * answers there; an address elsewhere belongs to none of them.
 *
 * @throws {Error} that names them where several run.
 */
export function environmentOfProduct(
  environment: Readonly<Record<string, string | undefined>>,
  workingDir: string,
  url?: string,
): Record<string, string | undefined> {
  const usual = resolve(workingDir, environment["DATA_DIR"] || USUAL_DATA_DIR);
  if (environment["DATA_DIR"] || (url === undefined && runningOn(usual) !== undefined)) {
    return { ...environment };
  }
  const running = announced().filter((dataDir) => runningOn(dataDir) !== undefined);
  const isMeant = (dataDir: string) => url === undefined || runningOn(dataDir)?.url === url;
  const [only, ...others] = running.filter(isMeant);
  if (only === undefined) return { ...environment };
  if (others.length > 0) {
    const choices = [only, ...others].map(
      (dataDir) => `\n  DATA_DIR=${dataDir}   ${runningOn(dataDir)?.url ?? "starting"}`,
    );
    throw new Error(`several products run here; say which is meant:${choices.join("")}`);
  }
  return { ...environment, DATA_DIR: only };
}

/** A user without a name, as containers often have, goes by its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}

function announced(): string[] {
  try {
    return readdirSync(NOTES_DIR).map((name) => readFileSync(join(NOTES_DIR, name), "utf8"));
  } catch (error) {
    // No product of this user has ever run, or one has just ended.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
