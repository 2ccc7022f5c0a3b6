import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type ClusterDeps, postgresEnvironment } from "./make-cluster.ts";
import { isReady } from "./postmaster-file.ts";

export interface PostmasterOptions extends ClusterDeps {
  /** Folder of the cluster. */
  cluster: string;
  /** Folder of the socket, which nobody else may enter. */
  socketFolder: string;
  /** `name=value`, over those of the product. */
  settings?: readonly string[];
  /** What the server says of what it could not do. */
  onComplaint(line: string): void;
}

const SETTINGS = [
  "listen_addresses=",
  "unix_socket_permissions=0700",
  "max_connections=40",
  // A commit is on the disk before it is answered, whatever a configuration file says.
  ...["fsync=on", "synchronous_commit=on", "full_page_writes=on"],
  // A crashed server writes down what it finds before it goes on: with one call for all files, not one for each of a thousand.
  ...(process.platform === "linux" ? ["recovery_init_sync_method=syncfs"] : []),
  // For a small machine, of which the runtime has the larger part.
  ...["shared_buffers=128MB", "effective_cache_size=512MB", "autovacuum_max_workers=2"],
  // A query has one core: the others are the runtime's. Several would also need shared memory, of which containers have little.
  "max_parallel_workers_per_gather=0",
  "jit=off",
  // A lock for each partition of a query over years.
  "max_locks_per_transaction=256",
  ...["timezone=UTC", "log_timezone=UTC"],
  // What a statement did wrong is told to who sent it. Here only what concerns the server itself.
  ...["log_min_messages=fatal", "log_line_prefix="],
];

const READY_POLL_MS = 10;
/** Until the server has written its checkpoint and ended, in ms; then it ends without. */
const STOP_GRACE_MS = 8_000;
/** Lines of the server that are kept, to say why it did not start. */
const LAST_LINES = 12;

/**
 * Ends the server when this process is gone, however that ended: its end of the pipe closes. Both stand apart from our
 * process group, for a Ctrl-C in the terminal goes to all of that, and the database must end last.
 */
const GUARD = 'read -r _ || kill -QUIT "$0"';

/** One process of PostgreSQL's server, from its start to its end. */
export class Postmaster {
  readonly pid: number;
  /** Resolves when the process is gone, with how it ended. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess & { pid: number }) {
    this.pid = child.pid;
    this.#child = child;
    const guard = spawn("/bin/sh", ["-c", GUARD, String(child.pid)], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    guard.on("error", () => undefined);
    this.ended = once(child, "exit").then(([code, signal]) => {
      // The number may soon be another process's.
      guard.stdin?.end("ended\n");
      return signal === null ? `exit code ${code}` : String(signal);
    });
  }

  /** Ends it in good order: what is under way is broken off, and all is written down. */
  async stop(): Promise<void> {
    this.#child.kill("SIGINT");
    const hurry = setTimeout(() => this.#child.kill("SIGQUIT"), STOP_GRACE_MS);
    await this.ended;
    clearTimeout(hurry);
  }
}

/** The server has ended before it took connections; the message is what it said. */
export class NotStarted extends Error {}

/** Starts a server, and resolves when it takes connections: after a crash when it has recovered. @throws NotStarted */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { binaries, runAs, cluster, socketFolder } = options;
  const settings = [
    `unix_socket_directories=${socketFolder}`,
    ...SETTINGS,
    ...(options.settings ?? []),
  ];
  const [command, ...words] = [
    ...runAs.prefix,
    join(binaries, "bin/postgres"),
    ...["-D", cluster],
    ...settings.flatMap((setting) => ["-c", setting]),
  ] as [string, ...string[]];
  const child = spawn(command, words, {
    cwd: cluster,
    detached: true,
    env: postgresEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (child.pid === undefined) {
    const [error] = (await once(child, "error")) as [Error];
    throw new NotStarted(error.message);
  }
  const last: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    last.push(line);
    if (last.length > LAST_LINES) last.shift();
    options.onComplaint(line);
  });
  const server = new Postmaster(child as typeof child & { pid: number });
  let how: string | undefined;
  void server.ended.then((end) => {
    how = end;
  });
  while (!isReady(cluster, server.pid)) {
    if (how !== undefined) throw new NotStarted([...last, how].join("; "));
    await sleep(READY_POLL_MS);
  }
  return server;
}
