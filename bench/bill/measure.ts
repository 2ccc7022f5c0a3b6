import { setTimeout as sleep } from "node:timers/promises";
import { between } from "./meter.ts";
import type { MeteredProduct } from "./metered-product.ts";
import type { Measured } from "./prices.ts";
import { driveLoad, type Load } from "./reference-load.ts";

/** Until rooms are made and viewers have come. */
const WARMUP_MS = 4_000;

/** Drives the load for so long, and gives what it has used. */
export async function measureBill(
  product: MeteredProduct,
  load: Load,
  seconds: number,
): Promise<Measured> {
  const running = await driveLoad(product, load);
  await sleep(WARMUP_MS);
  const before = { reading: await product.read(), cpu: product.cpu() };
  const begunMs = performance.now();
  const acknowledged = running.acknowledged();
  const delivered = running.delivered();
  await sleep(seconds * 1_000);
  const after = { reading: await product.read(), cpu: product.cpu() };
  const tookS = (performance.now() - begunMs) / 1_000;
  const measured: Measured = {
    seconds: tookS,
    events: running.acknowledged() - acknowledged,
    delivered: running.delivered() - delivered,
    reading: between(before.reading, after.reading),
    cpu: {
      runtimeS: after.cpu.runtimeS - before.cpu.runtimeS,
      databaseS: after.cpu.databaseS - before.cpu.databaseS,
    },
  };
  await running.stop();
  return measured;
}
