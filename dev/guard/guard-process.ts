import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { logStdio, type ProcessOutput, readLog } from "../process/process-log.ts";

/** As many as the kernel lets wait (net.core.somaxconn). */
export const BACKLOG = 65_535;
/** Of the child, behind its standard ones and the channel to its parent. */
export const FIRST_SOCKET_DESCRIPTOR = 4;

export interface GuardTask {
  /** The unix socket that runtimes accept from. */
  runtimesPath: string;
  /** How many descriptors it may have. */
  descriptors: number;
  /** What it accepts from, by the descriptors that they have here. */
  publicDescriptors: readonly number[];
}

/** Starts the process of the guard. */
export function spawnGuard(task: GuardTask, output: ProcessOutput): ChildProcess {
  const child = fork(fileURLToPath(new URL("main.ts", import.meta.url)), {
    stdio: ["ignore", ...logStdio(output), "ipc", ...task.publicDescriptors],
    env: {
      ...process.env,
      GUARD_RUNTIMES: task.runtimesPath,
      GUARD_DESCRIPTORS: String(task.descriptors),
      GUARD_SOCKETS: String(task.publicDescriptors.length),
    },
  });
  readLog(child, output, { service: "guard" });
  // Its end is told by its exit; what was being sent to it then is of no use to anybody.
  child.on("error", () => undefined);
  return child;
}
