import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Process and everything it has started, whatever process group that is in. Linux alone. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    const parent = statOf(Number(name))?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** Stops all of them where they stand, and resolves when none is inside a call of the kernel any more. */
export async function stopTree(root: number): Promise<number[]> {
  for (;;) {
    const pids = treeOf(root);
    for (const pid of pids) send(pid, "SIGSTOP");
    const states = pids.map((pid) => statOf(pid)?.state);
    if (states.every((state) => state === undefined || "TZX".includes(state))) {
      // Nobody is left who could have started another one.
      if (treeOf(root).length === pids.length) return pids;
    }
    await sleep(1);
  }
}

/** Ends them at once, and resolves when they are gone. */
export async function killAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) send(pid, "SIGKILL");
  const lives = (pid: number) => !"ZX".includes(statOf(pid)?.state ?? "X");
  while (pids.some(lives)) await sleep(5);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** proc_pid_stat(5): the name in parentheses may hold anything, so fields are counted from the last one. */
function statOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
