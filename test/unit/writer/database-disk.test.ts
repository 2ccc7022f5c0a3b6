import { expect, it } from "vitest";
import { databaseDisk } from "../../../src/telemetry/database-disk.ts";

const FULL = { kind: "unavailable", isDiskFull: true } as const;

it("knows the disk of the database to be full until something is stored", () => {
  databaseDisk.heard({ kind: "unavailable" }, 1);
  expect(databaseDisk.fullSinceMs).toBeNull();
  databaseDisk.heard(FULL, 2);
  databaseDisk.heard(FULL, 3);
  databaseDisk.heard({ kind: "unavailable" }, 4);
  databaseDisk.heard({ kind: "refused" }, 5);
  expect(databaseDisk.fullSinceMs).toBe(2);
  databaseDisk.heard({ kind: "partly", identity: null, refused: [] }, 6);
  expect(databaseDisk.fullSinceMs).toBeNull();
  databaseDisk.heard(FULL, 7);
  databaseDisk.heard({ kind: "stored", identity: null }, 8);
  expect(databaseDisk.fullSinceMs).toBeNull();
});
