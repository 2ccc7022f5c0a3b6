import { setTimeout as sleep } from "node:timers/promises";
import { between } from "./meter.ts";
import type { MeteredProduct } from "./metered-product.ts";
import type { Measured } from "./prices.ts";
import { driveLoad, type Load, type RunningLoad } from "./reference-load.ts";

export interface Times {
  /** Until rooms are made and viewers have come. */
  warmS: number;
  loadS: number;
  /** Until what was pushed is stored, and viewers have acked it. */
  settleS: number;
  quietS: number;
}

/** Drives the load for so long, then leaves its viewers alone for so long; gives what either has used. */
export async function measureBill(
  product: MeteredProduct,
  load: Load,
  times: Times,
): Promise<{ loaded: Measured; quiet: Measured }> {
  const running = await driveLoad(product, load);
  await sleep(times.warmS * 1_000);
  const loaded = await measure(product, running, times.loadS);
  await running.quiet();
  await sleep(times.settleS * 1_000);
  const quiet = await measure(product, running, times.quietS);
  running.stop();
  return { loaded, quiet };
}

async function measure(
  product: MeteredProduct,
  running: RunningLoad,
  seconds: number,
): Promise<Measured> {
  const look = async () => ({
    reading: await product.read(),
    ...product.cpu(),
    atMs: performance.now(),
    walBytes: await product.walBytes(),
    ...running.acknowledged(),
    delivered: running.delivered(),
  });
  const before = await look();
  await sleep(seconds * 1_000);
  const after = await look();
  return {
    seconds: (after.atMs - before.atMs) / 1_000,
    events: after.events - before.events,
    trades: after.trades - before.trades,
    walBytes: after.walBytes - before.walBytes,
    delivered: after.delivered - before.delivered,
    reading: between(before.reading, after.reading),
    cpu: {
      runtimeS: after.runtimeS - before.runtimeS,
      databaseS: after.databaseS - before.databaseS,
    },
  };
}
