import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lockFolder } from "../../../dev/database/folder-lock.ts";
import { until } from "./until.ts";

/** Takes the database away; the answer brings it back. */
export type Outage = (product: { dataDir: string; childPids: number[] }) => Promise<() => void>;

/** The database takes connections and never answers. */
export const hung: Outage = async (product) => {
  const pid = databasePid(product);
  process.kill(pid, "SIGSTOP");
  return () => process.kill(pid, "SIGCONT");
};

/**
 * The processes of Postgres stand still, and so does each that it makes meanwhile; it makes them, for the first of them lives (Linux).
 */
export const frozen: Outage = async ({ dataDir }) => {
  const server = Number(
    readFileSync(join(dataDir, "postgres/postmaster.pid"), "utf8").split("\n")[0],
  );
  const stopped = new Set<number>();
  const stopAll = () => {
    const children = readFileSync(`/proc/${server}/task/${server}/children`, "utf8");
    for (const pid of children.split(" ").filter(Boolean).map(Number)) {
      if (!stopped.has(pid) && signal(pid, "SIGSTOP")) stopped.add(pid);
    }
  };
  stopAll();
  const looking = setInterval(stopAll, 2);
  return () => {
    clearInterval(looking);
    for (const pid of stopped) signal(pid, "SIGCONT");
  };
};

/** False where it has ended. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** The database is killed, and every new start of it ends at once, because its folder is taken. */
export const gone: Outage = async (product) => {
  const killed = new Set([databasePid(product)]);
  for (const pid of killed) process.kill(pid, "SIGKILL");
  let bringBack: (() => void) | undefined;
  await until("the folder of the killed database", () => {
    const answer = lockFolder(join(product.dataDir, "postgres"), process.pid);
    if (answer.kind === "locked") bringBack = answer.release;
    else kill(answer.pid);
    return bringBack !== undefined;
  });
  /** On a busy machine the supervisor may have started another one before we had the folder. */
  function kill(pid: number | undefined): void {
    if (pid === undefined || killed.has(pid) || !product.childPids.includes(pid)) return;
    killed.add(pid);
    process.kill(pid, "SIGKILL");
  }
  return () => bringBack?.();
};

function databasePid({ dataDir, childPids }: { dataDir: string; childPids: number[] }): number {
  const path = join(dataDir, "postgres.pid");
  const pid = existsSync(path) ? Number(readFileSync(path, "utf8")) : Number.NaN;
  if (!childPids.includes(pid)) throw new Error(`no child of the supervisor has the pid ${pid}`);
  return pid;
}
