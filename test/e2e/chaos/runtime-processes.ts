import { readFileSync } from "node:fs";
import { until } from "./until.ts";

/** What the product says of its processes. */
type Processes = { readonly childPids: readonly number[] };

/** Process of each of `count` runtimes, by its number (Linux); one that is being started is waited for. */
export async function runtimePids(product: Processes, count: number): Promise<number[]> {
  let found: number[] = [];
  await until(`${count} runtimes have a process`, () => {
    found = runtimePidsSeen(product);
    return [...Array(count).keys()].every((number) => found[number] !== undefined);
  });
  return found;
}

/** The same as it is now: a process has no command line while it becomes another program. */
export function runtimePidsSeen({ childPids }: Processes): number[] {
  const found: number[] = [];
  for (const pid of childPids) {
    const config = /config(?:-(\d+))?\.capnp/.exec(commandOf(pid));
    if (config !== null) found[Number(config[1] ?? 0)] = pid;
  }
  return found;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
