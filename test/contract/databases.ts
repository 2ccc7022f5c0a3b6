import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Backend } from "../../dev/database/backend.ts";
import { migrateBackend } from "../../dev/database/backend-migration.ts";
import { createEndpoint } from "../../dev/database/endpoint.ts";
import { openPglite } from "../../dev/database/pglite-backend.ts";
import { openPostgres } from "../../dev/database/postgres-backend.ts";
import { type Database, openDatabase } from "../../src/db/database.ts";
import { newDataDir } from "./data-dir.ts";
import { addDecoys, makeHostile } from "./hostile-settings.ts";

/** An empty database behind an endpoint of its own, as the Worker meets it. */
export interface TestDatabase {
  db: Database;
  backend: Backend;
  sqlUrl: string;
  secret: string;
  /** Another client of the same endpoint, for wrong secrets and the like. */
  open(overrides: { secret?: string; timeoutMs?: number }): Database;
  close(): Promise<void>;
}

export interface TestDatabaseKind {
  name: string;
  /** Without migrations. */
  openEmpty(): Promise<TestDatabase>;
  /** With this checkout's migrations. */
  openMigrated(): Promise<TestDatabase>;
}

/**
 * Every Postgres the suite runs on: PGlite always, and the one of `TEST_DATABASE_URL` where it is set. With `TEST_DATABASE_HOSTILE`
 * the databases there have defaults that change what careless statements say.
 */
export function testDatabaseKinds(): TestDatabaseKind[] {
  const serverUrl = process.env["TEST_DATABASE_URL"];
  return [
    kindOf("PGlite", openEmbedded),
    ...(serverUrl === undefined ? [] : [kindOf("PostgreSQL", () => openOnServer(serverUrl))]),
  ];
}

type Opened = { backend: Backend; dispose(): Promise<void> };

function kindOf(name: string, openBackend: () => Promise<Opened>): TestDatabaseKind {
  const isHostile = name !== "PGlite" && process.env["TEST_DATABASE_HOSTILE"] !== undefined;
  const openEmpty = async () => {
    const opened = await openBackend();
    if (isHostile) await makeHostile(opened.backend);
    return serve(opened);
  };
  const openMigrated = async () => {
    const opened = await openEmpty();
    const answer = await migrateBackend(opened.backend);
    if (answer.kind !== "migrated") throw new Error(JSON.stringify(answer));
    if (isHostile) await addDecoys(opened.backend);
    return opened;
  };
  return { name, openEmpty, openMigrated };
}

async function openEmbedded(): Promise<Opened> {
  const folder = await newDataDir();
  const backend = await openPglite(join(folder, "postgres"), () => undefined);
  return {
    backend,
    dispose: async () => {
      await backend.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A database of its own on the server, dropped at the end. */
async function openOnServer(serverUrl: string): Promise<Opened> {
  const name = `edgetape_test_${randomBytes(6).toString("hex")}`;
  const admin = openPostgres(serverUrl);
  await admin.run({ text: `create database ${name}`, params: [] });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const backend = openPostgres(url.href);
  return {
    backend,
    dispose: async () => {
      await backend.close();
      await admin.run({ text: `drop database ${name} with (force)`, params: [] });
      await admin.close();
    },
  };
}

async function serve({ backend, dispose }: Opened): Promise<TestDatabase> {
  const secret = randomBytes(12).toString("hex");
  const server = createEndpoint({ backend, secret, version: "test", log: () => undefined });
  const port = await listen(server);
  const sqlUrl = `http://127.0.0.1:${port}/sql`;
  const open: TestDatabase["open"] = (overrides) =>
    openDatabase({
      url: `postgres://edgetape:${overrides.secret ?? secret}@127.0.0.1:${port}/edgetape`,
      endpoint: sqlUrl,
      timeoutMs: overrides.timeoutMs ?? 20_000,
    });
  return {
    ...{ db: open({}), backend, sqlUrl, secret, open },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await dispose();
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
