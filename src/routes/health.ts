import { Hono } from "hono";
import { KEEPER_NAME } from "../bindings/keeper.ts";
import type { BacklogReport } from "../bindings/writer.ts";
import { warningsOf } from "../core/memory-warnings.ts";
import { loneHost } from "../core/placement.ts";
import { failureOf, isDiskFull } from "../db/driver/database-error.ts";
import type { Replacement } from "../db/upkeep/database-identity.ts";
import { ping } from "../db/upkeep/ping.ts";
import { readMemory } from "../db/upkeep/read-memory.ts";
import { accessWarnings, authorize } from "../middleware/authorize.ts";
import type { AppContext, AppEnv } from "../middleware/context.ts";
import { storageWatch } from "../middleware/storage.ts";
import { CURSOR_ORIGIN } from "../protocol/time.ts";
import { databaseDisk } from "../telemetry/database-disk.ts";
import { descriptorsOf } from "../telemetry/descriptors.ts";
import { readBacklog } from "./backlog.ts";
import { databaseOf } from "./database-of.ts";

export const healthRoutes = new Hono<AppEnv>()
  .get("/healthz", (c) => c.json({ status: "ok" }))
  /**
   * Ready means: takes pushes and shows them. That goes on without the database, so its absence is told as `degraded`
   * with status 200; taking every instance out of service would turn a database's pause into an outage.
   */
  .get("/readyz", async (c) => {
    const config = c.get("config");
    const isStorageFull = await storageWatch(c).isFull();
    const ofStorage = storageOf(isStorageFull ? storageWatch(c).fullSinceMs : null);
    const ofBacklog = backlogOf(await readBacklog(c));
    const access = [...accessWarnings(c), ...ofStorage.warnings, ...ofBacklog.warnings];
    const facts = { ...ofStorage.facts, ...ofBacklog.facts, ...(await descriptorFacts(c)) };
    try {
      const db = databaseOf(config);
      const database = await ping(db);
      if (database.migrations.length === 0) {
        const reason = "it has no tables yet: npm run migrate -- --url URL makes them";
        return c.json({
          ...{ status: "degraded", database: { reachable: true, ...database, reason } },
          ...facts,
          warnings: access,
        });
      }
      const memory = await readMemory(db);
      await tellIdentity(c, memory.identity);
      const limitBytes = config.LIMIT_DATABASE_BYTES;
      const isDiskOut = isStorageFull || databaseDisk.fullSinceMs !== null;
      const warnings = [...warningsOf(database, memory, limitBytes), ...access];
      return c.json({
        status: isDiskOut || ofBacklog.warnings.length > 0 ? "degraded" : "ok",
        database: {
          ...{ reachable: true, ...database, limit_bytes: limitBytes },
          // It can be read, and stores nothing.
          ...(databaseDisk.fullSinceMs !== null && { reason: "disk_full" }),
        },
        ...facts,
        memory: {
          rolled_through: memory.rolledThroughUs,
          raw_from: memory.rawFromUs,
          minutes_from: memory.minutesFromUs,
          stale_hours: memory.staleHours,
          set_aside: memory.setAside,
        },
        ...(memory.replacement !== null && { replaced: replacedOf(memory.replacement) }),
        warnings,
      });
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null) throw error;
      const why = failure.kind === "unavailable" ? failure.why : failure.kind;
      const reason = isDiskFull(error) ? "disk_full" : why;
      c.get("log").warn("database_not_ready", {
        correlation_id: c.get("correlationId"),
        detail: String(error),
      });
      return c.json({
        status: "degraded",
        database: { reachable: false, reason },
        ...facts,
        warnings: access,
      });
    }
  });

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

/** Of this machine, so for holders of a token alone; nothing where the platform has no such limit (SPEC L-21). */
async function descriptorFacts(c: AppContext) {
  const budget = descriptorsOf(c.env);
  if (budget === null || c.req.header("authorization") === undefined) return {};
  if ((await authorize(c, "read")).kind === "refused") return {};
  await budget.look();
  const { limit, viewersEnd, viewers, hosts } = budget.shares;
  const kept = limit - viewersEnd;
  // A lone host holds all symbols in its three.
  const most = loneHost(c.get("config")) === null ? { most_open_hosts: hosts } : {};
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
    await c.env.KEEPER.get(c.env.KEEPER.idFromName(KEEPER_NAME)).databaseIs(identity);
  } catch (error) {
    const fields = { correlation_id: c.get("correlationId"), detail: String(error) };
    c.get("log").warn("keeper_unreachable", fields);
  }
}
