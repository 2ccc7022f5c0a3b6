import { createHash } from "node:crypto";
import { chmodSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Longer ones do not fit into an address of a unix socket. */
const MOST_PATH_BYTES = 100;

/**
 * Shows that the owner `id` of files in `folder` lives: by a socket that accepts connections as long as its process does. The
 * system lets go of it when that process ends, however it ends, and no other process can be taken for it.
 * @throws Error where the folder takes no sockets, as on some disks of other machines.
 */
export function showLife(folder: string, id: string): Server {
  const path = socketPath(folder, id);
  let failure: Error | undefined;
  const server = createServer((socket) => socket.destroy());
  server.on("error", (error) => {
    failure = error;
  });
  // Not by the primary of a cluster, which outlives us.
  server.listen({ path, exclusive: true });
  server.unref();
  if (!server.listening) {
    throw new Error(
      `${folder} takes no sockets${failure === undefined ? "" : `: ${failure.message}`}`,
    );
  }
  if (process.platform !== "win32") chmodSync(path, 0o600);
  return server;
}

/** Whether the owner lives. Where that cannot be known it does. */
export function isAlive(folder: string, id: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath(folder, id));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code !== "ENOENT" && error.code !== "ECONNREFUSED");
    });
  });
}

/** Where the socket of an owner is. */
export function socketPath(folder: string, id: string): string {
  const path = join(folder, `${id}.sock`);
  const name = `edgetape-${createHash("sha256").update(path).digest("hex").slice(0, 16)}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  return Buffer.byteLength(path) <= MOST_PATH_BYTES ? path : join(tmpdir(), `${name}.sock`);
}
