import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { Worker } from "node:worker_threads";
import type { Held, HolderAnswer, HolderTask } from "./socket-holder.ts";

/** Sockets that listen, and that nobody here accepts from: whoever gets the descriptor does. */
export interface ListeningSockets {
  port: number;
  /** Of `port`: one for each address that the host's name has. */
  publicDescriptors: number[];
  /** One for each of the paths, in their order. */
  pathDescriptors: number[];
  /** Closes them here. A process that has got one keeps it. */
  release(): void;
}

export type ListenAnswer =
  | { kind: "listening"; sockets: ListeningSockets }
  | { kind: "in_use" }
  | { kind: "failed"; message: string };

/**
 * Listens on `host:port` (0: any free port) and on unix sockets at `paths`. Connections that nobody accepts yet wait, so processes
 * that accept may come and go and none of their clients is refused.
 */
export async function listen(
  host: string,
  port: number,
  paths: readonly string[],
): Promise<ListenAnswer> {
  const hosts = await addressesOf(host).catch((error: unknown) => String(error));
  if (typeof hosts === "string") return { kind: "failed", message: hosts };
  const release = new Int32Array(new SharedArrayBuffer(4));
  const task: HolderTask = { hosts, port, paths: [...paths], release };
  const holder = new Worker(new URL("./socket-holder.ts", import.meta.url), { workerData: task });
  const answer = await new Promise<HolderAnswer>((resolve, reject) => {
    holder.once("message", resolve);
    holder.once("error", reject);
  });
  if (answer.kind === "failed") {
    if (answer.code === "EADDRINUSE") return { kind: "in_use" };
    return { kind: "failed", message: answer.message };
  }
  // It waits for as long as this process lives, and is no reason for it to live.
  holder.unref();
  const descriptors = (held: readonly Held[]) => held.map(({ descriptor }) => descriptor);
  const sockets = {
    port: answer.port,
    publicDescriptors: descriptors(answer.hosts),
    pathDescriptors: descriptors(answer.paths),
    release: () => {
      Atomics.store(release, 0, 1);
      Atomics.notify(release, 0);
    },
  };
  return { kind: "listening", sockets };
}

/** A name may have several, as localhost has ::1 beside 127.0.0.1. */
async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}
