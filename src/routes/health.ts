import { Hono } from "hono";
import { keeperAt } from "../bindings/objects.ts";
import type { BacklogReport } from "../bindings/writer.ts";
import type { Config } from "../config.ts";
import { warningsOf } from "../core/memory-warnings.ts";
import { failureOf, isDiskFull } from "../db/driver/database-error.ts";
import type { Replacement } from "../db/upkeep/database-identity.ts";
import { ping } from "../db/upkeep/ping.ts";
import { readMemory } from "../db/upkeep/read-memory.ts";
import { accessWarnings, authorize } from "../middleware/authorize.ts";
import type { AppContext, AppEnv } from "../middleware/context.ts";
import { hasLoneHosts } from "../middleware/descriptors.ts";
import { storageWatch } from "../middleware/storage.ts";
import { CURSOR_ORIGIN } from "../protocol/time.ts";
import { databaseDisk } from "../telemetry/database-disk.ts";
import { descriptorsOf } from "../telemetry/descriptors.ts";
import { readBacklog } from "./backlog.ts";
import { databaseOf } from "./database-of.ts";

/** Who may not read is answered out of what the database said so long ago: its questions cost the operator. In ms. */
const LOOK_EVERY_MS = 5_000;

export const healthRoutes = new Hono<AppEnv>()
  .get("/healthz", (c) => c.json({ status: "ok" }))
  /**
   * Ready means: takes pushes and shows them. That goes on without the database, so its absence is told as `degraded`
   * with status 200; taking every instance out of service would turn a database's pause into an outage. Everybody is told
   * the status and the warnings; numbers and versions are for who may read.
   */
  .get("/readyz", async (c) => {
    const isDetailed = await mayReadMachine(c);
    const isStorageFull = await storageWatch(c).isFull();
    const ofStorage = storageOf(isStorageFull ? storageWatch(c).fullSinceMs : null);
    const ofBacklog = backlogOf(await readBacklog(c));
    const said = isDetailed ? await lookAtDatabase(c) : await lookedAtDatabase(c);
    const isDiskOut = isStorageFull || databaseDisk.fullSinceMs !== null;
    const isDegraded = said.reason !== null || isDiskOut || ofBacklog.warnings.length > 0;
    // It can be read, and stores nothing.
    const reason = said.reason ?? (databaseDisk.fullSinceMs === null ? null : "disk_full");
    const status = isDegraded ? "degraded" : "ok";
    const because = reason !== null && { reason };
    const warnings = [
      ...said.warnings,
      ...accessWarnings(c),
      ...ofStorage.warnings,
      ...ofBacklog.warnings,
    ];
    if (!isDetailed) {
      return c.json({ status, database: { reachable: said.isReachable, ...because }, warnings });
    }
    return c.json({
      ...{ status, database: { reachable: said.isReachable, ...said.database, ...because } },
      ...{ ...ofStorage.facts, ...ofBacklog.facts, ...runtimeFacts(c.get("config")) },
      ...(await descriptorFacts(c)),
      ...said.facts,
      warnings,
    });
  });

/** What the database has said of itself. */
interface DatabaseLook {
  isReachable: boolean;
  /** Why nothing can be stored in it; null where it can. */
  reason: string | null;
  warnings: string[];
  database: Record<string, unknown>;
  facts: Record<string, unknown>;
}

const looks = new WeakMap<Config, { atMs: number; look: DatabaseLook }>();

async function lookedAtDatabase(c: AppContext): Promise<DatabaseLook> {
  const last = looks.get(c.get("config"));
  const sinceMs = Date.now() - (last?.atMs ?? Number.NEGATIVE_INFINITY);
  // Less than nothing where the clock was turned back.
  if (last !== undefined && sinceMs >= 0 && sinceMs < LOOK_EVERY_MS) return last.look;
  return lookAtDatabase(c);
}

async function lookAtDatabase(c: AppContext): Promise<DatabaseLook> {
  const config = c.get("config");
  const look = await askDatabase(c, config.LIMIT_DATABASE_BYTES);
  looks.set(config, { atMs: Date.now(), look });
  return look;
}

async function askDatabase(c: AppContext, limitBytes: number): Promise<DatabaseLook> {
  const none = { warnings: [], database: {}, facts: {} };
  try {
    const db = databaseOf(c.get("config"));
    const database = await ping(db);
    if (database.migrations.length === 0) {
      const reason = "it has no tables yet: npm run migrate -- --url URL makes them";
      return { ...none, isReachable: true, reason, database: { ...database } };
    }
    const memory = await readMemory(db);
    await tellIdentity(c, memory.identity);
    return {
      ...{ isReachable: true, reason: null },
      warnings: warningsOf(database, memory, limitBytes),
      database: { ...database, limit_bytes: limitBytes },
      facts: {
        memory: {
          rolled_through: memory.rolledThroughUs,
          raw_from: memory.rawFromUs,
          minutes_from: memory.minutesFromUs,
          stale_hours: memory.staleHours,
          set_aside: memory.setAside,
        },
        ...(memory.replacement !== null && { replaced: replacedOf(memory.replacement) }),
      },
    };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === null) throw error;
    c.get("log").warn("database_not_ready", {
      correlation_id: c.get("correlationId"),
      detail: String(error),
    });
    const why = failure.kind === "unavailable" ? failure.why : failure.kind;
    return { ...none, isReachable: false, reason: isDiskFull(error) ? "disk_full" : why };
  }
}

/** A holder of a token, and who is on this machine where nobody has said otherwise: not all of the world, whoever may read. */
async function mayReadMachine(c: AppContext): Promise<boolean> {
  const hasToken = c.req.header("authorization") !== undefined;
  if (!hasToken && c.get("config").PUBLIC_READ === true) return false;
  return (await authorize(c, "read")).kind === "granted";
}

/** What is said of the disk under the rooms: nothing, where it has room. */
function storageOf(fullSinceMs: number | null) {
  if (fullSinceMs === null) return { facts: {}, warnings: [] };
  const reason = "rooms cannot write: make room on the disk of DATA_DIR";
  return {
    facts: { storage: { full_since: fullSinceMs * 1_000, reason } },
    warnings: ["storage_full" as const],
  };
}

/** What is said of events that wait for Postgres: nothing, where none wait for long. */
function backlogOf(report: BacklogReport | null) {
  if (report === null) return { facts: {}, warnings: [] };
  const reason =
    "acknowledged events wait for the database: they are durable in their rooms, answers have them, and they will be stored";
  return {
    facts: {
      backlog: { rooms: report.rooms, bytes: report.bytes, oldest: report.oldestUs, reason },
    },
    warnings: ["storing_behind" as const],
  };
}

/** How many runtimes share the work, and which one answers; nothing where there is one. */
function runtimeFacts({ RUNTIMES: count, RUNTIME: number }: Config) {
  return count === 1 ? {} : { runtimes: { count, answering: number } };
}

/** Of this machine, so for holders of a token alone; nothing where the platform has no such limit (SPEC L-21). */
async function descriptorFacts(c: AppContext) {
  const budget = descriptorsOf(c.env);
  if (budget === null || c.req.header("authorization") === undefined) return {};
  if ((await authorize(c, "read")).kind === "refused") return {};
  await budget.look();
  const { limit, viewersEnd, viewers, hosts } = budget.shares;
  const kept = limit - viewersEnd;
  // A lone host holds all its symbols in its three.
  const most = hasLoneHosts(c.get("config")) ? {} : { most_open_hosts: hosts };
  return { descriptors: { limit, open: budget.open, kept, most_viewers: viewers, ...most } };
}

/** `lost`: the range of cursors, and so of moments, in which something was in the other database alone. */
function replacedOf({ sinceUs, rooms, lostTo }: Replacement) {
  const lost = lostTo === null ? null : { from: CURSOR_ORIGIN, to: lostTo };
  return { since: sinceUs, rooms, lost };
}

/** The Keeper has rooms look where it is another database than before. */
async function tellIdentity(c: AppContext, identity: string): Promise<void> {
  try {
    await keeperAt(c.env).databaseIs(identity);
  } catch (error) {
    const fields = { correlation_id: c.get("correlationId"), detail: String(error) };
    c.get("log").warn("keeper_unreachable", fields);
  }
}
