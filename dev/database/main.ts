/**
 * The process of the database endpoint. Settings come by environment: DATA_DIR (the embedded database is
 * `DATA_DIR/postgres`), DATABASE_URL (another Postgres instead), DATABASE_PORT (0 = any), DATABASE_SECRET.
 *
 * When forked it reports `{type:"ready", port}`, and ends with its parent.
 */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as z from "zod";
import type { Backend } from "./backend.ts";
import { migrateBackend } from "./backend-migration.ts";
import { createEndpoint } from "./endpoint.ts";
import { lockFolder } from "./folder-lock.ts";
import { openPglite } from "./pglite-backend.ts";
import { openPostgres } from "./postgres-backend.ts";
import { UPKEEP_INTERVAL_MS, Upkeep } from "./upkeep.ts";

const environmentSchema = z.object({
  DATA_DIR: z.string().min(1).default(".data"),
  DATABASE_URL: z.string().default(""),
  DATABASE_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  DATABASE_SECRET: z.string().min(1, { error: "must not be empty" }),
});

/** How long requests under way may take at the end, in ms. */
const STOP_GRACE_MS = 5_000;

class StartFailure extends Error {}

async function main(): Promise<void> {
  const startedAtMs = performance.now();
  const settings = readEnvironment();
  const folder = join(settings.DATA_DIR, "postgres");
  const isEmbedded = settings.DATABASE_URL === "";
  const releaseFolder = isEmbedded ? takeFolder(folder) : () => undefined;
  const backend = isEmbedded
    ? await openPglite(folder, endBroken)
    : openPostgres(settings.DATABASE_URL);
  const openedAtMs = performance.now();
  const applied = await applyMigrations(backend);

  const { rows } = await backend.run({ text: "show server_version", params: [] });
  const version = rows[0]?.[0] ?? "unknown";
  const server = createEndpoint({ backend, secret: settings.DATABASE_SECRET, version, log });
  await listen(server, settings.DATABASE_PORT);

  const upkeep = isEmbedded
    ? new Upkeep({ backend, nowMs: () => performance.now(), log })
    : undefined;
  // After a kill the newest block ranges are not summarised, and the statistics are gone.
  void upkeep?.step();
  const timer = setInterval(() => void upkeep?.step(), UPKEEP_INTERVAL_MS);

  endWith(async () => {
    clearInterval(timer);
    await closeServer(server);
    await backend.close();
    releaseFolder();
    log("database_stopped", {});
  });

  const { port } = server.address() as AddressInfo;
  const facts = {
    ...{ port, backend: backend.kind, version, migrations_applied: applied },
    open_ms: Math.round(openedAtMs - startedAtMs),
    ready_ms: Math.round(performance.now() - startedAtMs),
  };
  log("database_ready", facts);
  process.send?.({ type: "ready", port });
}

/** Takes no new requests, and resolves when those under way are answered, or have had their time. */
async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  // A connection that is kept alive turns idle when its answer is out, and the server then waits for it.
  const sweep = setInterval(() => server.closeIdleConnections(), 10);
  const giveUp = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(giveUp);
}

/** The supervisor starts the process again, and the new one recovers from the log. */
function endBroken(): void {
  log("pglite_failed", {});
  process.exit(1);
}

/** A parent is told the port, so to it another one than it asked for is better than none. */
async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (!isTaken || process.send === undefined) throw error;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
}

function readEnvironment(): z.infer<typeof environmentSchema> {
  const parsed = environmentSchema.safeParse(process.env);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StartFailure(`${issue?.path.join(".")} ${issue?.message}`);
}

function takeFolder(folder: string): () => void {
  const answer = lockFolder(folder, process.pid);
  if (answer.kind === "locked") return answer.release;
  const holder = answer.pid === undefined ? "another process" : `process ${answer.pid}`;
  throw new StartFailure(`${folder} is in use by ${holder}: two would corrupt it`);
}

async function applyMigrations(backend: Backend): Promise<string[]> {
  const answer = await migrateBackend(backend);
  switch (answer.kind) {
    case "migrated":
      return answer.applied;
    case "refused":
      throw new StartFailure(answer.message);
    case "failed":
      throw new StartFailure(`migration ${answer.name} failed: ${String(answer.error)}`);
  }
}

/** Calls `stop` once, at SIGTERM, or at the loss of the parent, and ends the process. */
function endWith(stop: () => Promise<void>): void {
  let isEnding = false;
  const end = () => {
    if (isEnding) return;
    isEnding = true;
    stop().then(
      () => process.exit(0),
      (error) => {
        log("stop_failed", { error: String(error) });
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", end);
  // Ctrl-C reaches the whole process group. With a parent, the parent says when: the database ends last.
  process.on("SIGINT", () => {
    if (process.send === undefined) end();
  });
  process.on("disconnect", end);
}

function log(event: string, facts: Record<string, unknown>): void {
  const timestamp = new Date().toISOString();
  const level = event.endsWith("_failed") || event.endsWith("_unreachable") ? "error" : "info";
  console.log(JSON.stringify({ timestamp, level, event, service: "database", ...facts }));
}

main().catch((error) => {
  const message = error instanceof StartFailure ? error.message : String(error?.stack ?? error);
  log("start_failed", { error: message });
  process.exit(1);
});
