import { mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseLog } from "../database-log.ts";
import { lockFolder } from "../folder-lock.ts";
import { carryOver } from "../migration/carry-over.ts";
import { removeSocket, socketFolder, urlOf } from "../socket-folder.ts";
import { makeRoles } from "./embedded-roles.ts";
import { type ClusterDeps, clusterIn, makeCluster } from "./make-cluster.ts";
import { postgresBinaries } from "./postgres-binaries.ts";
import { NotStarted, type Postmaster, startPostmaster } from "./postmaster.ts";
import { endOrphan } from "./postmaster-file.ts";
import { findRunAs, giveTo } from "./run-as.ts";
import { StartFailure } from "./start-failure.ts";

/** Under this a disk is called full, in bytes: less than one file of the write-ahead log. */
const FULL_BELOW_BYTES = 16 * 1024 * 1024;
/** Connections of a killed server end when they notice, and a new one waits for them. */
const SHARED_MEMORY = /shared memory block .* is still in use/;
/** Told to every client that tries, or is still there at the end. */
const TOLD_TO_CLIENTS =
  /the database system is (starting up|in recovery mode|shutting down)|terminating connection due to administrator command/;
const SHARED_MEMORY_TRIES = 60;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 3_000;
/** The same complaint of the server is logged once in so long a time, in ms. */
const COMPLAINT_MS = 60_000;

/** Folder of the embedded database in a data folder. */
export function clusterOf(dataDir: string): string {
  return join(dataDir, "postgres");
}

/**
 * The PostgreSQL that comes with Edgetape, on `DATA_DIR/postgres`. A server that dies is started again until `stop`, and
 * meanwhile nothing listens at `url`.
 */
export class EmbeddedPostgres {
  /** Of its superuser: for roles that may do less see embedded-roles.ts. */
  readonly url: string;
  readonly #start: () => Promise<Postmaster>;
  readonly #log: DatabaseLog;
  readonly #letGo: () => void;
  #server: Postmaster;
  #isStopping = false;

  private constructor(
    server: Postmaster,
    start: () => Promise<Postmaster>,
    url: string,
    letGo: () => void,
    log: DatabaseLog,
  ) {
    this.#server = server;
    this.#start = start;
    this.url = url;
    this.#letGo = letGo;
    this.#log = log;
    void this.#keep();
  }

  /**
   * Makes the database where there is none, takes over one of PGlite's, starts the server, and sees to its roles. The folder is
   * this process's until `stop`: two servers would corrupt it.
   *
   * @throws StartFailure where that cannot be, with what to do.
   */
  static async open(dataDir: string, log: DatabaseLog): Promise<EmbeddedPostgres> {
    const cluster = clusterOf(dataDir);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const release = takeFolder(cluster);
    const socket = socketFolder(dataDir);
    const letGo = () => {
      socket.remove();
      release();
    };
    try {
      const start = await prepare(dataDir, cluster, socket.path, log);
      const [server, url] = [await start(), urlOf(socket.path)];
      await makeRoles(url).catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
      return new EmbeddedPostgres(server, start, url, letGo, log);
    } catch (error) {
      letGo();
      throw inWords(error, dataDir);
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#server.stop();
    this.#letGo();
  }

  async #keep(): Promise<void> {
    for (;;) {
      const how = await this.#server.ended;
      if (this.#isStopping) return;
      this.#log("error", "database_server_died", { how });
      for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 3)) {
        await sleep(delayMs);
        if (this.#isStopping) return;
        try {
          this.#server = await this.#start();
          if (this.#isStopping) await this.#server.stop();
          break;
        } catch {
          // What the server said of it is logged, once.
        }
      }
      this.#log("info", "database_server_back", {});
    }
  }
}

function takeFolder(cluster: string): () => void {
  const answer = lockFolder(cluster, process.pid);
  if (answer.kind === "locked") return answer.release;
  const holder = answer.pid === undefined ? "another process" : `process ${answer.pid}`;
  throw new StartFailure(`${cluster} is in use by ${holder}: two would corrupt it`);
}

/** Sees to it that there is a cluster that can be started; the answer starts a server on it. */
async function prepare(
  dataDir: string,
  cluster: string,
  socketPath: string,
  log: DatabaseLog,
): Promise<() => Promise<Postmaster>> {
  const binaries = postgresBinaries(join(dataDir, "postgres-binaries"));
  const runAs = await findRunAs(binaries, dataDir);
  const deps: ClusterDeps = { binaries, runAs };
  await carryOver({ ...deps, dataDir, cluster, socketFolder: socketPath, log });
  const found = clusterIn(cluster);
  if (found.kind === "absent") await makeCluster(deps, cluster);
  if (found.kind === "postgres" && found.major !== runAs.major) {
    throw new StartFailure(wordsOfMajor(cluster, found.major, runAs.major));
  }
  const onComplaint = complaintLog(log);
  const options = { ...deps, cluster, socketFolder: socketPath, onComplaint };
  return async () => {
    giveTo(runAs, cluster);
    const orphan = await endOrphan(cluster);
    if (orphan !== undefined) log("warning", "ended_orphaned_server", { pid: orphan });
    removeSocket(socketPath);
    return startPatiently(() => startPostmaster(options));
  };
}

async function startPatiently(start: () => Promise<Postmaster>): Promise<Postmaster> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      const isHeld = error instanceof NotStarted && SHARED_MEMORY.test(error.message);
      if (!isHeld || tries === SHARED_MEMORY_TRIES) throw error;
      await sleep(500);
    }
  }
}

function complaintLog(log: DatabaseLog): (line: string) => void {
  const toldAtMs = new Map<string, number>();
  return (line) => {
    const text = line.trim();
    if (!/^(FATAL|PANIC):/.test(text) || SHARED_MEMORY.test(text) || TOLD_TO_CLIENTS.test(text))
      return;
    const nowMs = performance.now();
    if (nowMs - (toldAtMs.get(text) ?? Number.NEGATIVE_INFINITY) < COMPLAINT_MS) return;
    toldAtMs.set(text, nowMs);
    log("error", "database_server_complains", { message: text });
  };
}

/** A disk without room has many ways to say so. */
function inWords(error: unknown, dataDir: string): unknown {
  const isServer = error instanceof NotStarted || error instanceof StartFailure;
  const isFull = (error as NodeJS.ErrnoException).code === "ENOSPC";
  if (!isServer && !isFull) return error;
  const message = (error as Error).message;
  const { bavail, bsize } = statfsSync(dataDir);
  if (isFull || /No space left on device/.test(message) || bavail * bsize < FULL_BELOW_BYTES) {
    return new StartFailure(
      `the disk of ${dataDir} is full (${Math.round((bavail * bsize) / 1e6)} MB free): make room for 100 MB and more, then start again; nothing is lost (${message})`,
    );
  }
  return error instanceof StartFailure
    ? error
    : new StartFailure(`the database in ${dataDir} does not start: ${message}`);
}

function wordsOfMajor(cluster: string, found: number, ours: number): string {
  return `${cluster} is of PostgreSQL ${found}, and this Edgetape brings PostgreSQL ${ours}, which cannot read it. Start the Edgetape that made it, save its data (pg_dump of PostgreSQL ${Math.max(found, ours)} on the socket in ${join(cluster, "../run")}, user edgetape, database postgres), move the folder away, start this one, put the data back with psql, and start it again; or go on with the old one`;
}
