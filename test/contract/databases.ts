import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inject } from "vitest";
import type { Backend } from "../../dev/database/backend.ts";
import { createEndpoint } from "../../dev/database/endpoint.ts";
import { migrateBackend } from "../../dev/database/migration/backend-migration.ts";
import { OWNER, openAsRoles } from "../../dev/database/postgres/embedded-roles.ts";
import { openPostgres } from "../../dev/database/postgres-backend.ts";
import { type Database, type DatabaseUse, openDatabase } from "../../src/db/driver/database.ts";
import { addDecoys, makeHostile } from "./hostile-settings.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** URL of the server of this run, whose `edgetape_template` has this checkout's migrations. */
    embeddedServerUrl: string;
  }
}

/** An empty database behind an endpoint of its own, as the Worker meets it. */
export interface TestDatabase {
  db: Database;
  backend: Backend;
  sqlUrl: string;
  secret: string;
  /** Another client of the same endpoint, for wrong secrets and the like. */
  open(overrides: {
    secret?: string;
    use?: DatabaseUse;
    timeoutMs?: number;
    atOnce?: number;
  }): Database;
  /** Events the endpoint has logged. */
  log: string[];
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
 * Every Postgres the suite runs on: the embedded one always, and the one of `TEST_DATABASE_URL` where it is set. With
 * `TEST_DATABASE_HOSTILE` the databases there have defaults that change what careless statements say.
 */
export function testDatabaseKinds(): TestDatabaseKind[] {
  const serverUrl = process.env["TEST_DATABASE_URL"];
  return [
    {
      name: "the embedded PostgreSQL",
      openEmpty: () => openEmbedded(),
      openMigrated: () => openEmbedded("edgetape_template"),
    },
    ...(serverUrl === undefined ? [] : [kindOfServer(serverUrl)]),
  ];
}

function kindOfServer(serverUrl: string): TestDatabaseKind {
  const isHostile = process.env["TEST_DATABASE_HOSTILE"] !== undefined;
  const openEmpty = async () => {
    const opened = await openOnServer(serverUrl, "", openPostgres);
    if (isHostile) await makeHostile(opened.backend);
    return opened;
  };
  const openMigrated = async () => {
    const opened = await openEmpty();
    const answer = await migrateBackend(opened.backend);
    if (answer.kind !== "migrated") throw new Error(JSON.stringify(answer));
    if (isHostile) await addDecoys(opened.backend);
    return opened;
  };
  return { name: "PostgreSQL", openEmpty, openMigrated };
}

/** As the product has it: to the owner belongs what is in it, and no connection is a superuser's. */
function openEmbedded(template = "template1"): Promise<TestDatabase> {
  const serverUrl = inject("embeddedServerUrl");
  return openOnServer(serverUrl, `owner ${OWNER} template ${template}`, openAsRoles, template);
}

/** A database of its own on the server, dropped at the end, with the settings that `template` has. */
async function openOnServer(
  serverUrl: string,
  options: string,
  connect: (url: string) => Backend,
  template?: string,
): Promise<TestDatabase> {
  const name = `edgetape_test_${randomBytes(6).toString("hex")}`;
  const admin = openPostgres(serverUrl);
  const run = (text: string) => admin.run({ text, params: [] });
  await run(`create database ${name} ${options}`);
  if (template !== undefined) {
    // A copy does not take the settings of its template over, and migrations make some.
    await run(`insert into pg_db_role_setting
      select copy.oid, setrole, setconfig from pg_db_role_setting, pg_database copy
      where setdatabase = (select oid from pg_database where datname = '${template}') and copy.datname = '${name}'`);
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const backend = connect(url.href);
  return serve(backend, async () => {
    await backend.close();
    await run(`drop database ${name} with (force)`);
    await admin.close();
  });
}

async function serve(backend: Backend, dispose: () => Promise<void>): Promise<TestDatabase> {
  const secret = randomBytes(24).toString("hex");
  const log: TestDatabase["log"] = [];
  const server = createEndpoint({
    ...{ backend, secret, kind: "embedded", version: "test" },
    log: (_level, event) => void log.push(event),
  });
  const port = await listen(server);
  const sqlUrl = `http://127.0.0.1:${port}/sql`;
  const open: TestDatabase["open"] = (overrides) =>
    openDatabase({
      url: `postgres://edgetape:${overrides.secret ?? secret}@127.0.0.1:${port}/edgetape`,
      endpoint: sqlUrl,
      use: overrides.use ?? "writer",
      timeoutMs: overrides.timeoutMs ?? 20_000,
      atOnce: overrides.atOnce ?? Number.POSITIVE_INFINITY,
    });
  return {
    ...{ db: open({}), backend, sqlUrl, secret, open, log },
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
