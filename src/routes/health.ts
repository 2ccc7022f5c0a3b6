import { Hono } from "hono";
import { keeperAt } from "../bindings/objects.ts";
import type { BacklogReport } from "../bindings/writer.ts";
import type { Config } from "../config.ts";
import type { GateClock } from "../core/limits/gate.ts";
import { accessWarnings, grantToRead } from "../http/access/authorize.ts";
import { covers, type Grant } from "../http/access/token.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { hasLoneHosts } from "../http/limits/descriptors.ts";
import { storageWatch } from "../http/limits/storage.ts";
import { databaseOf } from "../http/sources/database-of.ts";
import { warn } from "../http/warn.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import { type LookSources, lookAtDatabase, lookedAtDatabase } from "../reads/database-look.ts";
import { readBacklog } from "../reads/rooms/backlog.ts";
import { databaseDisk } from "../telemetry/database-disk.ts";
import { descriptorsOf } from "../telemetry/descriptors.ts";

/** Symbols that one answer names. */
const NAMED = 5;
/** All requests share what they wait by, so it is none's. */
const CLOCK: GateClock = {
  nowMs: () => Date.now(),
  wait: (ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

export const healthRoutes = new Hono<AppEnv>()
  .get("/healthz", (c) => c.json({ status: "ok" }))
  /**
   * Ready means: takes pushes and shows them. That goes on without the database, so its absence is told as `degraded`
   * with status 200; taking every instance out of service would turn a database's pause into an outage. Everybody is told
   * the status and the warnings; numbers and versions are for who may read.
   */
  .get("/readyz", async (c) => {
    const grant = await machineReader(c);
    const isStorageFull = await storageWatch(c).isFull();
    const ofStorage = storageOf(isStorageFull ? storageWatch(c).fullSinceMs : null);
    const waiting = await readBacklog(c.env, c.get("config"), (error) =>
      warn(c, "writer_unreachable", error),
    );
    const ofBacklog = backlogOf(waiting, (symbol) => grant !== null && covers(grant, symbol));
    const look = grant !== null ? lookAtDatabase : lookedAtDatabase;
    const said = await look(lookSourcesOf(c));
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
    if (grant === null) {
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

function lookSourcesOf(c: AppContext): LookSources {
  return {
    db: databaseOf(c.get("config")),
    limitBytes: c.get("config").LIMIT_DATABASE_BYTES,
    clock: CLOCK,
    gone: c.req.raw.signal,
    met: (identity) => tellIdentity(c, identity),
    failed: (error) => warn(c, "database_not_ready", error),
  };
}

/** A holder of a token, and who is on this machine where nobody has said otherwise: not all of the world, whoever may read. */
async function machineReader(c: AppContext): Promise<Grant | null> {
  const hasToken = c.req.header("authorization") !== undefined;
  if (!hasToken && c.get("config").PUBLIC_READ === true) return null;
  return grantToRead(c);
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

/** What is said of events that wait for Postgres: nothing, where none wait for long. Names no symbol that `mayName` does not. */
function backlogOf(report: BacklogReport | null, mayName: (symbol: SymbolName) => boolean) {
  if (report === null) return { facts: {}, warnings: [] };
  const { rooms, bytes, oldestUs: oldest } = report;
  const refused = (report.refused ?? []).filter(mayName).slice(0, NAMED);
  const why =
    refused.length === 0
      ? "acknowledged events wait for the database"
      : `the database does not take events of ${refused.join(", ")} (store_failed in the log says why), and what is behind them waits as well`;
  const reason = `${why}: they are durable in their rooms, answers have them, and they will be stored`;
  return {
    facts: { backlog: { rooms, bytes, oldest, reason, ...(refused.length > 0 && { refused }) } },
    warnings: ["storing_behind" as const],
  };
}

/** How many runtimes share the work, and which one answers; nothing where there is one. */
function runtimeFacts({ RUNTIMES: count, RUNTIME: number }: Config) {
  return count === 1 ? {} : { runtimes: { count, answered_by: number } };
}

/** Of this machine, so for holders of a token alone; nothing where the platform has no such limit (SPEC L-21). */
async function descriptorFacts(c: AppContext) {
  const budget = descriptorsOf(c.env);
  if (budget === null || c.req.header("authorization") === undefined) return {};
  if ((await grantToRead(c)) === null) return {};
  await budget.look();
  const { limit, viewersEnd, viewers, hosts } = budget.shares;
  const kept = limit - viewersEnd;
  // A lone host holds all its symbols in its three.
  const most = hasLoneHosts(c.get("config")) ? {} : { most_open_hosts: hosts };
  const { GUARDED } = c.get("config");
  return {
    descriptors: {
      ...{ limit, open: budget.open, kept, most_viewers: viewers, ...most },
      ...(GUARDED && { guarded: true }),
    },
  };
}

/** The Keeper has rooms look where it is another database than before. */
async function tellIdentity(c: AppContext, identity: string): Promise<void> {
  try {
    await keeperAt(c.env).databaseIs(identity);
  } catch (error) {
    warn(c, "keeper_unreachable", error);
  }
}
