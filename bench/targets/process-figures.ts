import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second of /proc (USER_HZ), the same on every Linux. */
const TICKS_PER_SECOND = 100;

/** CPU a process has used, user and system, in seconds. */
export function cpuSeconds(pid: number): number {
  return sumOfTicks(pid, 11, 12);
}

/** The same of its children that have ended. */
export function endedChildrenCpuSeconds(pid: number): number {
  return sumOfTicks(pid, 13, 14);
}

function sumOfTicks(pid: number, ...places: number[]): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the command, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return places.reduce((sum, place) => sum + Number(fields[place]), 0) / TICKS_PER_SECOND;
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}

/** All processes below `pid`. */
export function descendants(pid: number): { pid: number; command: string }[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return [{ pid: Number(name), parent, command }];
      } catch {
        return []; // It ended meanwhile.
      }
    });
  const below = (parent: number): { pid: number; command: string }[] =>
    children
      .filter((each) => each.parent === parent)
      .flatMap(({ pid: child, command }) => [{ pid: child, command }, ...below(child)]);
  return below(pid);
}
