import type { Env } from "../../bindings/env.ts";
import type { Family } from "../../core/metrics/families.ts";
import { databaseDisk } from "../../telemetry/database-disk.ts";
import { descriptorsOf } from "../../telemetry/descriptors.ts";
import { collectMetrics } from "../../telemetry/metrics.ts";
import { isRoomsDiskFull } from "../limits/storage.ts";

/** All metrics of this runtime: what is known here, so that no object is woken and no database is asked. */
export async function metricsHere(env: Env): Promise<Family[]> {
  const budget = descriptorsOf(env);
  await budget?.look();
  const open = budget?.open ?? null;
  return collectMetrics({
    nowMs: Date.now(),
    isRoomsDiskFull: isRoomsDiskFull(),
    isDatabaseDiskFull: databaseDisk.fullSinceMs !== null,
    descriptors: budget === null || open === null ? null : { open, limit: budget.shares.limit },
  });
}
