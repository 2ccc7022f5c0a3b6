import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { DOOR_SOCKET, GUARDED_SOCKET, httpSocketName } from "../build/capnp-config.ts";
import { logStdio, type ProcessOutput } from "./process-log.ts";

const CONTROL_DESCRIPTOR = 3;
const FIRST_SOCKET_DESCRIPTOR = 4;

/** What a runtime accepts connections from, by the descriptors that they have here. */
export type SocketDescriptors = {
  http: readonly number[];
  /** Null where the guard hands nothing on to it. */
  guarded: number | null;
  door: number;
};

/** A shell's words for: as many descriptors as this user may have. */
const ALL_DESCRIPTORS = 'ulimit -n "$(ulimit -H -n)" 2>/dev/null';

/**
 * Ctrl-C reaches every process of the terminal, but the runtime must drain when the supervisor says so, and no
 * sooner: a signal ignored before exec stays ignored after it. And a runtime whose supervisor was killed would go on
 * serving without a database, so the kernel ends it too (PR_SET_PDEATHSIG, by util-linux; elsewhere the next start does).
 */
const TIED_TO_SUPERVISOR = `trap "" INT
${ALL_DESCRIPTORS}
if setpriv --pdeathsig KILL true 2>/dev/null; then exec setpriv --pdeathsig KILL "$0" "$@"; fi
exec "$0" "$@"`;

/** Starts `workerd serve` on a configuration. `onListening` is told once it accepts connections. Its standard output is the Worker's log. */
export function spawnRuntime(
  configPath: string,
  environment: Readonly<Record<string, string>>,
  sockets: SocketDescriptors,
  onListening: () => void,
  output: ProcessOutput,
): ChildProcess {
  const handed: [name: string, descriptor: number][] = [
    ...sockets.http.map((descriptor, at): [string, number] => [httpSocketName(at), descriptor]),
    ...(sockets.guarded === null ? [] : [[GUARDED_SOCKET, sockets.guarded] as [string, number]]),
    [DOOR_SOCKET, sockets.door],
  ];
  const child = spawn(
    "/bin/sh",
    [
      "-c",
      TIED_TO_SUPERVISOR,
      workerdPath(),
      ...serveArguments(configPath),
      `--control-fd=${CONTROL_DESCRIPTOR}`,
      ...handed.map(([name], at) => `--socket-fd=${name}=${FIRST_SOCKET_DESCRIPTOR + at}`),
    ],
    {
      env: { ...environment },
      stdio: ["ignore", ...logStdio(output), "pipe", ...handed.map(([, descriptor]) => descriptor)],
    },
  );
  const control = child.stdio[CONTROL_DESCRIPTOR];
  if (control) {
    createInterface({ input: control as Readable }).on("line", (line) => {
      const message = JSON.parse(line) as { event: string; socket?: string };
      // The door is the last of them.
      if (message.event === "listen" && message.socket === DOOR_SOCKET) onListening();
    });
  }
  return child;
}

/** How many descriptors a runtime that is started now may have; undefined where the system sets no limit, or does not say. */
export function descriptorLimit(): number | undefined {
  const { stdout } = spawnSync("/bin/sh", ["-c", `${ALL_DESCRIPTORS}; ulimit -n`], {
    encoding: "utf8",
  });
  const limit = Number.parseInt(stdout, 10);
  return Number.isNaN(limit) ? undefined : limit;
}

/** How a runtime is told to serve what the product serves. */
export function serveArguments(configPath: string): string[] {
  // For `precise_timers`, see capnp-config.ts.
  return ["serve", "--experimental", configPath];
}

/** The binary itself: what npm links as `workerd` is a Node program where install scripts were not allowed to run. */
export function workerdPath(): string {
  const workerd = createRequire(import.meta.url)("workerd") as { default: string };
  return workerd.default;
}
