import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import type { TextValue } from "../backend.ts";
import type { DatabaseLog } from "../database-log.ts";
import { type ClusterDeps, clusterIn, makeCluster } from "../postgres/make-cluster.ts";
import { startPostmaster } from "../postgres/postmaster.ts";
import { StartFailure } from "../postgres/start-failure.ts";
import { openPostgres } from "../postgres-backend.ts";
import { urlOf } from "../socket-folder.ts";
import { migrateBackend } from "./backend-migration.ts";
import { copyTables } from "./copy-tables.ts";
import { type MigrateAnswer, migrate } from "./migrate.ts";
import { readMigrationFiles } from "./migration-files.ts";

export interface CarryOverOptions extends ClusterDeps {
  dataDir: string;
  /** Where the new cluster will be, and the old one may be. */
  cluster: string;
  socketFolder: string;
  log: DatabaseLog;
}

/**
 * Copies a database of PGlite, which was the embedded database before, into a new cluster, once. Only PGlite can read it.
 * The old folder becomes `postgres.pglite` first, and `postgres.pglite-carried-over` when the new one is whole: a start after
 * whatever broke this off begins again. Where there is none nothing is done.
 *
 * @throws StartFailure where it cannot be read; it is as it was then.
 */
export async function carryOver(options: CarryOverOptions): Promise<void> {
  const { cluster, log } = options;
  const old = `${cluster}.pglite`;
  if (clusterIn(cluster).kind === "pglite") renameSync(cluster, old);
  if (!existsSync(old)) return;
  if (clusterIn(cluster).kind === "absent") {
    log("info", "carrying_over_pglite", { from: old });
    const startedMs = performance.now();
    const rows = await copyInto(options, old).catch((error: unknown) => {
      if (error instanceof StartFailure) throw error;
      throw new StartFailure(
        `the database of PGlite in ${old} could not be carried over, and stays there: ${String(error)}`,
      );
    });
    const ms = Math.round(performance.now() - startedMs);
    log("info", "carried_over_pglite", { rows, ms, old_folder: `${old}-carried-over` });
  }
  renameSync(old, `${old}-carried-over`);
}

async function copyInto(options: CarryOverOptions, old: string): Promise<number> {
  const { dataDir, cluster, socketFolder, log } = options;
  const pglite = await openOld(old);
  let rows = 0;
  try {
    throwUnlessMigrated(await migratePglite(pglite), old);
    await makeCluster(options, cluster, async (draft) => {
      const onComplaint = (message: string) =>
        log("error", "database_server_complains", { message });
      const server = await startPostmaster({
        ...options,
        cluster: draft,
        socketFolder,
        onComplaint,
      });
      const backend = openPostgres(urlOf(socketFolder));
      const file = join(dataDir, "carry-over.copy");
      try {
        throwUnlessMigrated(await migrateBackend(backend), draft);
        rows = await copyTables(pglite, backend, file);
      } finally {
        rmSync(file, { force: true });
        await backend.close();
        await server.stop();
      }
    });
  } finally {
    await pglite.close();
  }
  return rows;
}

async function openOld(old: string): Promise<PGlite> {
  const module = await import("@electric-sql/pglite").catch(() => {
    throw new StartFailure(
      `${old} is a database of PGlite, and the package that reads it is not installed: run npm ci without --omit=optional, and start again`,
    );
  });
  try {
    return await module.PGlite.create(old);
  } catch (error) {
    throw new StartFailure(
      `${old} is a database of PGlite that cannot be read any more (${String(error)}): put a backup of it there, or move it away to begin with an empty database, and start again`,
    );
  }
}

/** The old one may be of an Edgetape before this one: tables can be copied between databases of one version alone. */
function migratePglite(pglite: PGlite): Promise<MigrateAnswer> {
  return migrate(
    {
      transaction: (statements) =>
        pglite.transaction(async (transaction) => {
          const results: TextValue[][][] = [];
          for (const { text, params } of statements) {
            const { rows } = await transaction.query(text, [...params], { rowMode: "array" });
            results.push(rows as TextValue[][]);
          }
          return results;
        }),
    },
    readMigrationFiles(),
  );
}

function throwUnlessMigrated(answer: MigrateAnswer, folder: string): void {
  switch (answer.kind) {
    case "migrated":
      return;
    case "refused":
      throw new StartFailure(`${folder}: ${answer.message}`);
    case "failed":
      throw new StartFailure(`${folder}: migration ${answer.name}: ${String(answer.error)}`);
  }
}
