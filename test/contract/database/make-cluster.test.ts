import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { clusterIn, makeCluster } from "../../../dev/database/postgres/make-cluster.ts";
import { postgresBinaries } from "../../../dev/database/postgres/postgres-binaries.ts";
import { findRunAs } from "../../../dev/database/postgres/run-as.ts";

it("the folder of a new database is there whole or not at all, and what a kill left is cleared away", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "edgetape-cluster-"));
  const folder = join(dataDir, "postgres");
  const binaries = postgresBinaries(join(dataDir, "binaries"));
  const deps = { binaries, runAs: await findRunAs(binaries, dataDir) };
  mkdirSync(join(dataDir, "postgres.new-1"));
  writeFileSync(join(dataDir, "postgres.new-1", "PG_VERSION"), "half of one");
  expect(clusterIn(folder)).toEqual({ kind: "absent" });
  await makeCluster(deps, folder);
  expect(readdirSync(dataDir)).toEqual(["postgres"]);
  expect(clusterIn(folder)).toEqual({ kind: "postgres", major: deps.runAs.major });
  // Nobody else may look into it, whoever it belongs to.
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  rmSync(dataDir, { recursive: true });
});
