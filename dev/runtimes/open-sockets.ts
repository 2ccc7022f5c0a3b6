import { rmSync } from "node:fs";
import { join } from "node:path";
import { privateFolder } from "../data-folder/socket-folder.ts";
import { hostAndPort, type Settings } from "../product/settings.ts";
import { type ListeningSockets, listen } from "./listening-sockets.ts";

/** What the runtimes accept connections from. It outlives them. */
export interface RuntimeSockets {
  /** The product's port. */
  port: number;
  /** Descriptors of it: one for each address of HOST. All runtimes have all of them, and the kernel spreads connections. */
  publicDescriptors: number[];
  /** The unix socket on which a guard hands requests on. All runtimes have it. */
  guarded: UnixSocket;
  /** By the runtime's number: the unix socket of its door. */
  doors: UnixSocket[];
  /** Lets go of them here: who connects from now on is refused, once no runtime has them any more. */
  release(): void;
}

export type UnixSocket = { path: string; descriptor: number };

/** `guarded.sock` */
const NAME_BYTES = 12;

/** Opens them all. @throws {Error} with what to change, where the port cannot be had. */
export async function openSockets(
  settings: Pick<Settings, "host" | "port" | "dataDir" | "runtimes">,
): Promise<RuntimeSockets> {
  const { host, port, runtimes } = settings;
  const folder = privateFolder(join(settings.dataDir, "run", "doors"), NAME_BYTES);
  const guarded = join(folder.path, "guarded.sock");
  const doors = Array.from({ length: runtimes }, (_, number) =>
    join(folder.path, `${number}.sock`),
  );
  const paths = [...doors, guarded];
  // Of a supervisor that was killed.
  for (const path of paths) rmSync(path, { force: true });
  const answer = await listen(host, port, paths);
  if (answer.kind === "in_use") {
    throw new Error(
      `PORT ${port} is in use on ${host}. Another one: PORT=${port + 1} npm start (0 = any free one)`,
    );
  }
  if (answer.kind === "failed") {
    throw new Error(
      `HOST and PORT: cannot listen on ${hostAndPort(host, port)}: ${answer.message}`,
    );
  }
  const { sockets } = answer;
  return {
    port: sockets.port,
    publicDescriptors: sockets.publicDescriptors,
    doors: doors.map((path, at) => ({ path, descriptor: descriptorAt(sockets, at) })),
    guarded: { path: guarded, descriptor: descriptorAt(sockets, doors.length) },
    release: () => {
      sockets.release();
      folder.remove();
    },
  };
}

function descriptorAt({ pathDescriptors }: ListeningSockets, at: number): number {
  const descriptor = pathDescriptors[at];
  if (descriptor === undefined) throw new Error(`there is no unix socket ${at}`);
  return descriptor;
}
