import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { syncFolder, writeDurably } from "../../data-folder/durable-file.ts";
import { giveTo, type RunAs } from "./run-as.ts";
import { StartFailure } from "./start-failure.ts";

/** Stands in every cluster that was made here, which tells it from one of PGlite's. */
const MARK = "edgetape.cluster";

const INITDB_OPTIONS = [
  "--username=edgetape",
  // The socket is in a folder that only the owner may enter: whoever can is the owner.
  "--auth=trust",
  "--encoding=UTF8",
  // Text is in the order of its code points on every machine.
  ...["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
  "--no-instructions",
];

export interface ClusterDeps {
  binaries: string;
  runAs: RunAs;
}

/** What stands in the folder of the embedded database. */
export type ClusterKind =
  | { kind: "absent" }
  | { kind: "postgres"; major: number }
  /** A cluster of before, when the database was PGlite. */
  | { kind: "pglite" };

export function clusterIn(folder: string): ClusterKind {
  const version = readIfThere(join(folder, "PG_VERSION"));
  if (version === undefined) return { kind: "absent" };
  if (readIfThere(join(folder, MARK)) === undefined) return { kind: "pglite" };
  return { kind: "postgres", major: Number(version) };
}

/**
 * Makes an empty cluster, under another name until it is whole, so that neither a kill nor a power cut leaves half of one.
 * `fill` is given that folder before it gets its name.
 *
 * @throws StartFailure where initdb fails, with what it said.
 */
export async function makeCluster(
  deps: ClusterDeps,
  folder: string,
  fill: (draft: string) => Promise<void> = async () => undefined,
): Promise<void> {
  const parent = dirname(folder);
  const prefix = `${basename(folder)}.new-`;
  for (const name of readdirSync(parent).filter((each) => each.startsWith(prefix))) {
    rmSync(join(parent, name), { recursive: true, force: true });
  }
  const draft = join(parent, `${prefix}${process.pid}`);
  mkdirSync(draft, { mode: 0o700 });
  giveTo(deps.runAs, draft);
  const words = [...deps.runAs.prefix, join(deps.binaries, "bin/initdb"), `--pgdata=${draft}`];
  const [command, ...rest] = [...words, ...INITDB_OPTIONS] as [string, ...string[]];
  try {
    await promisify(execFile)(command, rest, { cwd: parent, env: postgresEnvironment() });
    writeDurably(join(draft, MARK), "Made by Edgetape for its embedded PostgreSQL.\n");
    await fill(draft);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    const { stderr } = error as { stderr?: string };
    if (stderr === undefined) throw error;
    throw new StartFailure(`a new database cannot be made in ${parent}: ${stderr.trim()}`);
  }
  syncFolder(draft);
  renameSync(draft, folder);
  syncFolder(parent);
}

/** Whatever the user's own environment says of PostgreSQL (PGDATA, PGPORT, a language) is not for this one. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
