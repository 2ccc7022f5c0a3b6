import { Hono } from "hono";
import { classifyFailure } from "../db/database.ts";
import { ping } from "../db/ping.ts";
import type { AppEnv } from "../middleware/context.ts";
import { databaseOf } from "./database-of.ts";

export const healthRoutes = new Hono<AppEnv>()
  .get("/healthz", (c) => c.json({ status: "ok" }))
  /**
   * Ready means: takes pushes and shows them. That goes on without the database, so its absence is told as `degraded`
   * with status 200; taking every instance out of service would turn a database's pause into an outage.
   */
  .get("/readyz", async (c) => {
    try {
      const database = await ping(databaseOf(c.get("config")));
      return c.json({ status: "ok", database: { reachable: true, ...database } });
    } catch (error) {
      const { kind } = classifyFailure(error);
      c.get("log").warn("database_not_ready", {
        correlation_id: c.get("correlationId"),
        detail: String(error),
      });
      return c.json({ status: "degraded", database: { reachable: false, reason: kind } });
    }
  });
