import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** One process for good: numbers are used again, a number with its start is not. */
export type ProcessIdentity = { pid: number; startedAt: string };

/** Identity of the process that has `pid` now, or undefined where there is none (a zombie counts as none). */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === "linux" ? startOnLinux(pid) : startByPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** True while the very process of `identity` lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startedAt === identity.startedAt;
}

/** Asks the process to end, waits `graceMs`, then kills it. Resolves when it is gone; a stranger is never touched. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  const graceEndsMs = performance.now() + graceMs;
  let signal: NodeJS.Signals | undefined = "SIGTERM";
  while (isAlive(identity)) {
    if (signal !== undefined) process.kill(identity.pid, signal);
    signal = performance.now() > graceEndsMs ? "SIGKILL" : undefined;
    await sleep(20);
  }
}

function startOnLinux(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // proc_pid_stat(5): the name in parentheses may hold anything, so count from the last one. Field 3 is the state,
  // field 22 the start in clock ticks since boot.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  // After a power cut the numbers begin anew, and a stranger may have both.
  return `${bootId()} ${fields[19]}`;
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
}

function startByPs(pid: number): string | undefined {
  try {
    const text = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      encoding: "utf8",
    }).trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}
