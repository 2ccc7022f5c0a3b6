import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeCluster } from "../../dev/database/make-cluster.ts";

it("the folder of a new database is there whole or not at all, and what a kill left is cleared away", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "edgetape-cluster-"));
  const folder = join(dataDir, "postgres");
  mkdirSync(join(dataDir, "postgres.new-1"));
  writeFileSync(join(dataDir, "postgres.new-1", "PG_VERSION"), "half of one");
  await makeCluster(folder);
  expect(readdirSync(dataDir)).toEqual(["postgres"]);
  expect(readdirSync(folder)).toContain("PG_VERSION");
  const madeAtMs = statSync(folder).ctimeMs;
  await makeCluster(folder);
  expect(statSync(folder).ctimeMs).toBe(madeAtMs);
  rmSync(dataDir, { recursive: true });
});
