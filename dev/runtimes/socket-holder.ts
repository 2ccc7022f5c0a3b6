import { once } from "node:events";
import { createServer, type ListenOptions, type Server } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

/*
 * A thread that listens and never accepts: it blocks before its event loop could. Node has no other way to make a socket that
 * listens and leave its connections to another process.
 */

export interface HolderTask {
  /** Addresses, all with the same port. */
  hosts: string[];
  port: number;
  paths: string[];
  /** Not 0: let go. */
  release: Int32Array<SharedArrayBuffer>;
}

export interface Held {
  descriptor: number;
}

export type HolderAnswer =
  | { kind: "listening"; port: number; hosts: Held[]; paths: Held[] }
  | { kind: "failed"; code: string | undefined; message: string };

/** As many as the kernel lets wait (net.core.somaxconn); while a runtime is started again all that come do. */
const BACKLOG = 65_535;

const { hosts, port, paths, release } = workerData as HolderTask;
const servers: Server[] = [];
const answer = await hold();
parentPort?.postMessage(answer);
if (answer.kind === "listening") Atomics.wait(release, 0, 0);
for (const server of servers) server.close();

async function hold(): Promise<HolderAnswer> {
  try {
    const opened: (Held & { port: number })[] = [];
    for (const host of hosts) {
      const one = await open({ host, port: opened[0]?.port ?? port }).catch((error: unknown) => {
        // A name may have an address of a family that this machine has switched off.
        if (hosts.length > 1 && codeOf(error) === "EADDRNOTAVAIL") return null;
        throw error;
      });
      if (one !== null) opened.push(one);
    }
    const [first] = opened;
    if (first === undefined) throw new Error("it is no address of this machine");
    const held: Held[] = [];
    for (const path of paths) held.push(await open({ path }));
    return { kind: "listening", port: first.port, hosts: opened, paths: held };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "failed", code: codeOf(error), message };
  }
}

async function open(options: ListenOptions): Promise<Held & { port: number }> {
  const server = createServer();
  server.listen({ ...options, backlog: BACKLOG });
  await once(server, "listening");
  servers.push(server);
  const address = server.address();
  const { _handle: handle } = server as Server & { _handle: { fd: number } | null };
  if (handle === null || handle.fd < 0) throw new Error("the system gives no descriptor for it");
  return {
    descriptor: handle.fd,
    port: typeof address === "object" && address !== null ? address.port : 0,
  };
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
