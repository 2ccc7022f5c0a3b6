import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  endProcess,
  identityOf,
  isAlive,
  type ProcessIdentity,
} from "../../process/process-identity.ts";

/** Until a server that nobody looks after has ended by itself, in ms. Its storage survives either way. */
const ORPHAN_GRACE_MS = 5_000;

/** True where the server of process `pid` takes connections (`postmaster.pid`, whose eighth line is its state). */
export function isReady(cluster: string, pid: number): boolean {
  const lines = readLines(cluster);
  return lines !== undefined && Number(lines[0]) === pid && lines[7]?.trim() === "ready";
}

/**
 * Ends the server that a killed start has left on `cluster`, and makes what it wrote down harmless. The caller holds the
 * lock of the folder, so nobody looks after that server.
 *
 * @returns the process that was ended, if one was.
 */
export async function endOrphan(cluster: string): Promise<number | undefined> {
  const lines = readLines(cluster);
  if (lines === undefined) return undefined;
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) {
    // An empty one, which a full disk leaves. A server would not start over it.
    rmSync(join(cluster, "postmaster.pid"));
    return undefined;
  }
  const orphan = serverOf(cluster, pid);
  if (orphan !== undefined) {
    // At once and without a checkpoint: the next start recovers from the log. What is stopped would not hear it.
    process.kill(pid, "SIGQUIT");
    await endProcess(orphan, ORPHAN_GRACE_MS);
  }
  if (exists(pid)) disarm(cluster);
  return orphan?.pid;
}

/** True for a process that has ended too, until its parent has been told: Postgres takes that for a running one. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/**
 * The number is that of another process by now, on which Postgres would refuse to start. It passes over that of its own
 * parent, and goes on to see whether connections of the dead server still use its memory, which this must not hide.
 */
function disarm(cluster: string): void {
  const lines = readLines(cluster);
  if (lines === undefined) return;
  writeFileSync(join(cluster, "postmaster.pid"), [process.pid, ...lines.slice(1)].join("\n"));
}

/** The process, where it is the server of this very folder. */
function serverOf(cluster: string, pid: number): ProcessIdentity | undefined {
  const identity = identityOf(pid);
  if (identity === undefined) return undefined;
  const folder = realpathSync(cluster);
  try {
    const isServer =
      process.platform === "linux"
        ? // A server works in its data folder.
          readlinkSync(`/proc/${pid}/cwd`) === folder
        : execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).includes(
            cluster,
          );
    return isServer && isAlive(identity) ? identity : undefined;
  } catch {
    // It has ended, or belongs to somebody else.
    return undefined;
  }
}

function readLines(cluster: string): string[] | undefined {
  try {
    return readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
