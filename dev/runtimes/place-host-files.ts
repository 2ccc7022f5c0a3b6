import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ownerOfHost, ownerOfId } from "../../src/core/placement/ownership.ts";
import {
  type HostName,
  MOST_SHARED_HOSTS,
  sharedHost,
} from "../../src/core/placement/placement.ts";
import { syncFolder, writeDurably } from "../data-folder/durable-file.ts";
import { objectFolder, runtimesWithFolders } from "./object-folders.ts";
import { objectIdOf } from "./object-id.ts";

/** The class of hosts: its files, and the key that their ids are made with. */
const HOSTS = "edgetape-Host";
const HOST_FILE = /^([0-9a-f]{64})(\.sqlite(?:-wal|-shm)?)$/;
/** The alarms of all objects in a folder, where workerd keeps them. */
const ALARMS = /^metadata\.sqlite/;
/** Says that hosts have lost their alarms, which they are to set anew. */
const MARK = "hosts-moved";

/** A file of a host that is not in the folder of the runtime that the host belongs to. */
type Move = { name: string; from: string; to: string };

/** What is done on the disk, each of it to last through a power cut. */
type Disk = {
  write: (path: string, text: string) => void;
  move: (from: string, to: string) => void;
  sync: (folder: string) => void;
};

const DISK: Disk = { write: writeDurably, move: renameSync, sync: syncFolder };

/**
 * Has the files of each host lie in the folder of the runtime that it belongs to, where there are `runtimes` of them. Nothing may
 * run. However often it is ended in the midst of it, the next call does the rest.
 *
 * @throws {Error} that says what to do, where a file is in two folders: nothing is moved then.
 */
export function placeHostFiles(dataDir: string, runtimes: number, disk: Disk = DISK): void {
  mkdirSync(objectFolder(dataDir, 0), { recursive: true, mode: 0o700 });
  const found = runtimesWithFolders(dataDir);
  const isSettled = runtimes === 1 && found.length === 1;
  const ownerOf = owners(runtimes);
  const moves = isSettled ? [] : found.flatMap((runtime) => misplacedIn(dataDir, runtime, ownerOf));
  for (const one of moves) refuseDouble(one);
  if (found.some((runtime) => hasLostAlarms(hostFolder(dataDir, runtime)))) {
    disk.write(join(dataDir, MARK), "");
  }
  if (moves.length > 0) moveAll(dataDir, moves, disk);
  for (const runtime of found) {
    if (runtime >= runtimes) removeFolder(dataDir, runtime);
  }
}

/** Are there hosts, and the file of their alarms is not? A disk that was repaired may lack it alone, or a copy. */
function hasLostAlarms(folder: string): boolean {
  if (!existsSync(folder) || existsSync(join(folder, "metadata.sqlite"))) return false;
  return readdirSync(folder).some((name) => HOST_FILE.test(name));
}

/** Have hosts lost their alarms, and not set them anew since? */
export function mustRearmHosts(dataDir: string): boolean {
  return existsSync(join(dataDir, MARK));
}

export function hostsAreRearmed(dataDir: string): void {
  rmSync(join(dataDir, MARK), { force: true });
}

function misplacedIn(dataDir: string, runtime: number, ownerOf: (id: string) => number): Move[] {
  const from = hostFolder(dataDir, runtime);
  if (!existsSync(from)) return [];
  return readdirSync(from).flatMap((name) => {
    const id = HOST_FILE.exec(name)?.[1];
    if (id === undefined || ownerOf(id) === runtime) return [];
    return [{ name, from, to: hostFolder(dataDir, ownerOf(id)) }];
  });
}

/** An index of a log that nobody has open is made anew. */
function isIndex({ name }: Move): boolean {
  return name.endsWith("-shm");
}

function refuseDouble(move: Move): void {
  const { name, from, to } = move;
  if (isIndex(move) || !existsSync(join(to, name))) return;
  throw new Error(
    `a host has files in two folders: ${join(from, name)} and ${join(to, name)}. Each may have what the other one lacks. Did an older Edgetape run on this folder? Move the one that it made elsewhere, and start again.`,
  );
}

function moveAll(dataDir: string, moves: readonly Move[], disk: Disk): void {
  disk.write(join(dataDir, MARK), "");
  disk.sync(dataDir);
  const [left, entered] = [new Set(moves.map(({ from }) => from)), moves.map(({ to }) => to)];
  for (const folder of left) {
    for (const name of readdirSync(folder).filter((each) => ALARMS.test(each))) {
      rmSync(join(folder, name));
    }
  }
  for (const folder of new Set(entered)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const one of moves) {
    const { name, from, to } = one;
    if (isIndex(one)) rmSync(join(from, name));
    else disk.move(join(from, name), join(to, name));
  }
  for (const folder of new Set([...left, ...entered])) disk.sync(folder);
}

/** The folder of a runtime that is no more. Without its hosts there is nothing of use in it: alarms, and what Writers never had. */
function removeFolder(dataDir: string, runtime: number): void {
  const hosts = hostFolder(dataDir, runtime);
  const left = existsSync(hosts) ? readdirSync(hosts).filter((name) => !ALARMS.test(name)) : [];
  if (left.length === 0) rmSync(objectFolder(dataDir, runtime), { recursive: true, force: true });
}

/** The runtime that a host belongs to, by the id of its object. */
function owners(runtimes: number): (id: string) => number {
  return (id) => {
    const host = sharedHostsById().get(id);
    return host === undefined ? ownerOfId(id, runtimes) : ownerOfHost(host, runtimes, () => id);
  };
}

let known: ReadonlyMap<string, HostName> | undefined;

/** All hosts that symbols can share. */
function sharedHostsById(): ReadonlyMap<string, HostName> {
  known ??= new Map(
    Array.from({ length: MOST_SHARED_HOSTS }, (_, number) => sharedHost(number)).map((host) => [
      objectIdOf(HOSTS, host),
      host,
    ]),
  );
  return known;
}

function hostFolder(dataDir: string, runtime: number): string {
  return join(objectFolder(dataDir, runtime), HOSTS);
}
