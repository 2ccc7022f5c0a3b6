import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { runningOn } from "../data-folder/folder-lock.ts";
import { portFile } from "../data-folder/port-file.ts";
import { environmentOfProduct } from "../data-folder/running-products.ts";
import { keptSecret } from "../data-folder/secrets.ts";
import type { Backend } from "../database/backend.ts";
import { createEndpoint } from "../database/endpoint.ts";
import { clusterOf, EmbeddedPostgres } from "../database/postgres/embedded-postgres.ts";
import { openAsRoles } from "../database/postgres/embedded-roles.ts";
import { clusterIn } from "../database/postgres/make-cluster.ts";
import { openPostgres } from "../database/postgres-backend.ts";

/** Where a database is spoken to as the Worker does. */
export interface Reached {
  url: string;
  endpoint: string | undefined;
  /** Ends what was started to reach it. */
  release(): Promise<void>;
}

/**
 * The database that is named, or this machine's: through the endpoint of the running product, or else through one that is
 * started for the purpose. A Postgres that does not speak Neon's protocol gets an endpoint of its own too.
 */
export async function reachDatabase(
  given: { url?: string | undefined; endpoint?: string | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Reached> {
  const url = given.url ?? environment["DATABASE_URL"];
  if (url !== undefined) {
    const isNeon = new URL(url).hostname.endsWith(".neon.tech");
    return isNeon || given.endpoint !== undefined
      ? { url, endpoint: given.endpoint, release: async () => undefined }
      : startEndpoint(openPostgres(url), "postgres", randomBytes(24).toString("hex"));
  }
  // Which product is meant matters only where no database is named.
  const dataDir = resolve(environmentOfProduct(environment, process.cwd())["DATA_DIR"] || ".data");
  if (!existsSync(dataDir)) throw noneAt(dataDir);
  const secret = keptSecret(dataDir, "database");
  // The product that runs there may have a Postgres elsewhere.
  const running = runningOn(dataDir) === undefined ? null : await runningEndpoint(dataDir, secret);
  if (running !== null) return running;
  if (clusterIn(clusterOf(dataDir)).kind !== "postgres") throw noneAt(dataDir);
  return startEmbedded(dataDir, secret);
}

function noneAt(dataDir: string): Error {
  return new Error(
    `there is none at ${clusterOf(dataDir)}: npm start makes it. Of a Postgres of your own say DATABASE_URL, or --url`,
  );
}

async function startEmbedded(dataDir: string, secret: string): Promise<Reached> {
  const embedded = await EmbeddedPostgres.open(dataDir, () => undefined);
  const started = await startEndpoint(openAsRoles(embedded.url), "embedded", secret);
  return {
    ...started,
    release: async () => {
      await started.release();
      await embedded.stop();
    },
  };
}

async function runningEndpoint(dataDir: string, secret: string): Promise<Reached | null> {
  let port: number;
  try {
    port = Number(readFileSync(portFile(dataDir), "utf8"));
    await fetch(`http://127.0.0.1:${port}/`);
  } catch {
    return null;
  }
  return { ...addressOf(port, secret), release: async () => undefined };
}

/** In this process, and without migrations: whoever is examined is not changed. */
async function startEndpoint(
  backend: Backend,
  kind: "embedded" | "postgres",
  secret: string,
): Promise<Reached> {
  const server = createEndpoint({ backend, secret, kind, version: "", log: () => undefined });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    ...addressOf(port, secret),
    release: async () => {
      server.close();
      server.closeAllConnections();
      await backend.close();
    },
  };
}

function addressOf(port: number, secret: string): Pick<Reached, "url" | "endpoint"> {
  return {
    url: `postgres://edgetape:${secret}@127.0.0.1:${port}/edgetape`,
    endpoint: `http://127.0.0.1:${port}/sql`,
  };
}
