import { execFile } from "node:child_process";
import { chmodSync, lchownSync, lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { StartFailure } from "./start-failure.ts";

/** How the programs of PostgreSQL, which refuse root, are run. */
export interface RunAs {
  /** Words before the command: a program that becomes the command, under the same process id. */
  prefix: readonly string[];
  /** Who owns the files, as root must see it; undefined where that is whoever runs this. */
  owner: { uid: number; gid: number } | undefined;
  /** First word of what `postgres --version` says of itself as a number: 18. */
  major: number;
}

/** Everybody has a user of this number, "nobody"; initdb wants one that has a name. */
const NOBODY = 65_534;

type Way = Pick<RunAs, "prefix" | "owner">;

/** Becomes nobody, and keeps the right to pass through folders of root's: data folders are often below one. */
const AS_NOBODY: Way = {
  prefix: [
    "setpriv",
    ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
    ...["--inh-caps=+dac_override", "--ambient-caps=+dac_override"],
  ],
  owner: { uid: NOBODY, gid: NOBODY },
};

/** Stays who it is, and is called nobody inside. Some containers forbid it. */
const CALLED_NOBODY: Way = {
  prefix: ["unshare", "--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`],
  owner: undefined,
};

const AS_ROOT: readonly Way[] = [AS_NOBODY, { ...CALLED_NOBODY, owner: { uid: 0, gid: 0 } }];
/** The second for users without a name, which containers are often run as. */
const AS_USER: readonly Way[] = [{ prefix: [], owner: undefined }, CALLED_NOBODY];

/** Writes where it must, has a name, and finds the program's libraries. */
const PROBE = ': > "$1" && id -un > /dev/null && exec "$2" --version';

/**
 * The first way that works here, found by trying.
 * @param folder the data folder, which must be there.
 * @throws StartFailure where none does, with what each said.
 */
export async function findRunAs(binaries: string, folder: string): Promise<RunAs> {
  const isRoot = process.getuid?.() === 0;
  const probe = join(folder, `postgres.probe-${process.pid}`);
  const said: string[] = [];
  for (const way of isRoot ? AS_ROOT : AS_USER) {
    const shell = ["/bin/sh", "-c", PROBE, "sh", probe, join(binaries, "bin/postgres")];
    const [command, ...words] = [...way.prefix, ...shell] as [string, ...string[]];
    try {
      const { stdout } = await promisify(execFile)(command, words);
      const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
      if (major === undefined) throw new Error(`postgres --version says ${stdout}`);
      return { ...way, major: Number(major) };
    } catch (error) {
      said.push(`${way.prefix[0] ?? "as this user"}: ${wordsOf(error)}`);
    } finally {
      rmSync(probe, { force: true });
    }
  }
  const problem = isRoot
    ? "PostgreSQL does not run as root, and no way to run it as another user works here"
    : "the embedded PostgreSQL does not run here";
  const advice = isRoot
    ? `run Edgetape as an ordinary user that owns ${folder}, or give the DATABASE_URL of a PostgreSQL of your own`
    : "give the DATABASE_URL of a PostgreSQL of your own";
  throw new StartFailure(`${problem} (${said.join("; ")}): ${advice}`);
}

/** Gives the cluster to whom it must belong: it may have come from a copy, or from a start that took another way. */
export function giveTo(runAs: RunAs, cluster: string): void {
  chmodSync(cluster, 0o700);
  const { owner } = runAs;
  if (owner === undefined || lstatSync(cluster).uid === owner.uid) return;
  const files = readdirSync(cluster, { recursive: true, withFileTypes: true });
  for (const file of files) lchownSync(join(file.parentPath, file.name), owner.uid, owner.gid);
  // Last, for it is what says that all are given.
  lchownSync(cluster, owner.uid, owner.gid);
}

function wordsOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr || message).trim().replaceAll("\n", ", ");
}
