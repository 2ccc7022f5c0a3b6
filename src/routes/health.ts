import { Hono } from "hono";
import { warningsOf } from "../core/memory-warnings.ts";
import { classifyFailure } from "../db/database.ts";
import { ping } from "../db/ping.ts";
import { readMemory } from "../db/read-memory.ts";
import { accessWarnings } from "../middleware/authorize.ts";
import type { AppEnv } from "../middleware/context.ts";
import { databaseOf } from "./database-of.ts";

export const healthRoutes = new Hono<AppEnv>()
  .get("/healthz", (c) => c.json({ status: "ok" }))
  /**
   * Ready means: takes pushes and shows them. That goes on without the database, so its absence is told as `degraded`
   * with status 200; taking every instance out of service would turn a database's pause into an outage.
   */
  .get("/readyz", async (c) => {
    const config = c.get("config");
    const access = accessWarnings(c);
    try {
      const db = databaseOf(config);
      const database = await ping(db);
      if (database.migrations.length === 0) {
        const reason = "it has no tables yet: npm run migrate -- --url URL makes them";
        return c.json({
          ...{ status: "degraded", database: { reachable: true, ...database, reason } },
          warnings: access,
        });
      }
      const memory = await readMemory(db);
      const limitBytes = config.LIMIT_DATABASE_BYTES;
      const warnings = [...warningsOf(database, memory, limitBytes), ...access];
      return c.json({
        status: "ok",
        database: { reachable: true, ...database, limit_bytes: limitBytes },
        memory: {
          rolled_through: memory.rolledThroughUs,
          raw_from: memory.rawFromUs,
          minutes_from: memory.minutesFromUs,
          stale_hours: memory.staleHours,
          set_aside: memory.setAside,
        },
        warnings,
      });
    } catch (error) {
      const failure = classifyFailure(error);
      const reason = failure.kind === "unavailable" ? failure.why : failure.kind;
      c.get("log").warn("database_not_ready", {
        correlation_id: c.get("correlationId"),
        detail: String(error),
      });
      return c.json({
        status: "degraded",
        database: { reachable: false, reason },
        warnings: access,
      });
    }
  });
