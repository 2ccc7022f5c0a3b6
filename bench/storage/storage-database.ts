import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres } from "../../dev/database/postgres-backend.ts";
import { spawnDatabase } from "../../dev/process/database-process.ts";
import { type Database, openDatabase } from "../../src/db/driver/database.ts";
import type { DatabaseMode } from "../../src/db/driver/mode.ts";
import { ping } from "../../src/db/upkeep/ping.ts";

const PROJECT_DIR = new URL("../..", import.meta.url).pathname;
/** A statement of the bench may fill a table. */
const TIMEOUT_MS = 600_000;

/** An empty, migrated database behind the product's own endpoint, which is a process of its own as under `npm start`. */
export type StorageDatabase = {
  name: string;
  mode: DatabaseMode;
  db: Database;
  /** Folder of the embedded database, or URL: what the product needs to run on it. */
  where: { dataDir: string; databaseUrl: string | undefined };
  /** Ends the endpoint, and keeps the data. */
  stopEndpoint(): Promise<void>;
  /** Ends all of it, and throws the data away. */
  remove(): Promise<void>;
};

/**
 * @param serverUrl a server on which a database is made; undefined: the embedded one.
 * @param keptAs its name where it is to stay: to fill it may take long.
 */
export async function openStorage(
  name: string,
  serverUrl: string | undefined,
  keptAs?: string,
): Promise<StorageDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), "edgetape-bench-storage-"));
  const database = serverUrl === undefined ? undefined : await createDatabase(serverUrl, keptAs);
  const secret = randomBytes(24).toString("hex");
  let tellPort: (port: number) => void = () => undefined;
  const listening = new Promise<number>((resolve) => {
    tellPort = resolve;
  });
  const settings = { projectDir: PROJECT_DIR, dataDir, databaseUrl: database?.url, secret };
  const child = spawnDatabase(settings, 0, {
    onReady: tellPort,
    onRefused: () => undefined,
    output: { take: (line) => process.stderr.write(`${line}\n`), isWhole: false },
  });
  const abandon = () => {
    child.kill("SIGKILL");
    rmSync(dataDir, { recursive: true, force: true });
  };
  process.on("exit", abandon);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await Promise.race([
    listening,
    ended.then(() => Promise.reject(new Error(`the endpoint of ${name} did not start`))),
  ]);
  const db = openDatabase({
    url: `postgres://edgetape:${secret}@127.0.0.1:${port}/edgetape`,
    endpoint: `http://127.0.0.1:${port}/sql`,
    use: "keeper",
    timeoutMs: TIMEOUT_MS,
  });
  const stopEndpoint = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  const { mode } = await ping(db);
  return {
    ...{ name, mode, db, stopEndpoint },
    where: { dataDir, databaseUrl: database?.url },
    remove: async () => {
      process.off("exit", abandon);
      await stopEndpoint();
      await database?.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function createDatabase(
  serverUrl: string,
  keptAs: string | undefined,
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = keptAs ?? `edgetape_bench_${randomBytes(6).toString("hex")}`;
  const run = async (text: string) => {
    const admin = openPostgres(serverUrl);
    const { rows } = await admin.run({ text, params: [] });
    await admin.close();
    return rows.length;
  };
  const isThere = await run(`select from pg_database where datname = '${name}'`);
  if (isThere === 0) await run(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const drop = async () => {
    if (keptAs === undefined) await run(`drop database ${name} with (force)`);
  };
  return { url: url.href, drop };
}
