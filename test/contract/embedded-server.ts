import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { migrateBackend } from "../../dev/database/migration/backend-migration.ts";
import { makeRoles, OWNER, openAsRoles } from "../../dev/database/postgres/embedded-roles.ts";
import { makeCluster } from "../../dev/database/postgres/make-cluster.ts";
import { postgresBinaries } from "../../dev/database/postgres/postgres-binaries.ts";
import { startPostmaster } from "../../dev/database/postgres/postmaster.ts";
import { findRunAs } from "../../dev/database/postgres/run-as.ts";
import { openPostgres } from "../../dev/database/postgres-backend.ts";
import { urlOf } from "../../dev/database/socket-folder.ts";

/** Nothing here outlives the run, and every test file has a worker with connections of its own. */
const SETTINGS = [
  "fsync=off",
  "synchronous_commit=off",
  "full_page_writes=off",
  "max_connections=300",
];

/** Starts the embedded PostgreSQL once for all files of a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "edgetape-contract-"));
  const binaries = postgresBinaries(join(folder, "binaries"));
  const deps = { binaries, runAs: await findRunAs(binaries, folder) };
  const cluster = join(folder, "postgres");
  await makeCluster(deps, cluster);
  const server = await startPostmaster({
    ...{ ...deps, cluster, socketFolder: folder, settings: SETTINGS },
    onComplaint: () => undefined,
  });
  const url = urlOf(folder);
  await makeRoles(url);
  await makeTemplate(url);
  project.provide("embeddedServerUrl", url);
  return async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  };
}

async function makeTemplate(url: string): Promise<void> {
  const admin = openPostgres(url);
  await admin.run({ text: `create database edgetape_template owner ${OWNER}`, params: [] });
  await admin.close();
  const template = new URL(url);
  template.pathname = "/edgetape_template";
  const backend = openAsRoles(template.href);
  const answer = await migrateBackend(backend);
  await backend.close();
  if (answer.kind !== "migrated") throw new Error(JSON.stringify(answer));
}
