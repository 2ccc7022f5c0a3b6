/**
 * The process of the database endpoint. Settings come by environment: DATA_DIR (the embedded database is
 * `DATA_DIR/postgres`), DATABASE_URL (another Postgres instead), DATABASE_PORT (0 = any), DATABASE_SECRET.
 *
 * When forked it reports `{type:"ready", port}`, or `{type:"refused", message}` where another try would not help, and ends
 * with its parent.
 */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import * as z from "zod";
import { redacted } from "../../src/core/telemetry/redact.ts";
import type { Backend } from "./backend.ts";
import type { DatabaseLog } from "./database-log.ts";
import { createEndpoint } from "./endpoint.ts";
import { migrateBackend } from "./migration/backend-migration.ts";
import { EmbeddedPostgres } from "./postgres/embedded-postgres.ts";
import { openAsRoles } from "./postgres/embedded-roles.ts";
import { StartFailure } from "./postgres/start-failure.ts";
import { openPostgres } from "./postgres-backend.ts";
import { NotReached, unreached } from "./unreached.ts";

/** What is shorter can be guessed by trying. */
const MIN_SECRET_LENGTH = 32;

const SECRET_PROBLEM = `must have at least ${MIN_SECRET_LENGTH} characters, such as openssl rand -base64 33 prints`;

const environmentSchema = z.object({
  DATA_DIR: z.string().min(1).default(".data"),
  DATABASE_URL: z.string().default(""),
  DATABASE_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  DATABASE_SECRET: z
    .string({ error: SECRET_PROBLEM })
    .min(MIN_SECRET_LENGTH, { error: SECRET_PROBLEM }),
});

const LEVELS = ["info", "warning", "error"] as const;
/** -1, which is everything, for `debug` and where none is said. */
const lowestLevel = (LEVELS as readonly (string | undefined)[]).indexOf(process.env["LOG_LEVEL"]);

/** How long requests under way may take at the end, in ms. */
const STOP_GRACE_MS = 5_000;

async function main(): Promise<void> {
  const startedAtMs = performance.now();
  const settings = readEnvironment();
  const embedded =
    settings.DATABASE_URL === ""
      ? await EmbeddedPostgres.open(resolve(settings.DATA_DIR), log)
      : undefined;
  const backend =
    embedded === undefined ? openPostgres(settings.DATABASE_URL) : openAsRoles(embedded.url);
  const openedAtMs = performance.now();
  const applied = await applyMigrations(backend).catch((error: unknown) => {
    throw embedded === undefined ? unreached(settings.DATABASE_URL, error) : error;
  });

  const { rows } = await backend.run({ text: "show server_version", params: [] });
  const version = rows[0]?.[0] ?? "unknown";
  const kind = embedded === undefined ? "postgres" : "embedded";
  const server = createEndpoint({ backend, secret: settings.DATABASE_SECRET, kind, version, log });
  await listen(server, settings.DATABASE_PORT);

  endWith(async () => {
    await closeServer(server);
    await backend.close();
    await embedded?.stop();
    log("info", "database_stopped", {});
  });

  const { port } = server.address() as AddressInfo;
  const facts = {
    ...{ port, backend: kind, version, migrations_applied: applied },
    open_ms: Math.round(openedAtMs - startedAtMs),
    ready_ms: Math.round(performance.now() - startedAtMs),
  };
  log("info", "database_ready", facts);
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
        log("error", "stop_failed", { error: String(error) });
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

function log(...[level, event, facts]: Parameters<DatabaseLog>): void {
  if (LEVELS.indexOf(level) < lowestLevel) return;
  const timestamp = new Date().toISOString();
  console.log(redacted(JSON.stringify({ timestamp, level, event, service: "database", ...facts })));
}

main().catch((error) => {
  const isRefusal = error instanceof StartFailure;
  const isSaid = isRefusal || error instanceof NotReached;
  const message = isSaid ? error.message : String(error?.stack ?? error);
  log("error", "start_failed", { error: message });
  if (!isRefusal || process.send === undefined) process.exit(1);
  process.send({ type: "refused", message }, () => process.exit(1));
});
