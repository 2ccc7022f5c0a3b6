import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { LoopDisk } from "./chaos/loop-disk.ts";
import { Market } from "./chaos/market.ts";
import { killAll, stopTree } from "./chaos/process-tree.ts";
import { SeededRandom, seedOfRun } from "./chaos/seeded-random.ts";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct } from "./product.ts";

const CUTS = Number(process.env["POWER_CUTS"] ?? 2);
const EVENTS_PER_SECOND = 500;
/** Time under load before each cut, in ms. */
const LOAD_MS = { from: 50, to: 3_000 };
const LEAST_ACKNOWLEDGED = 200;
const DISK_BYTES = 800_000_000;
const ENVIRONMENT = { PUBLIC_READ: "true", LIMIT_CONNECTS_PER_MINUTE: "0" };

const disk = LoopDisk.make(DISK_BYTES);

if (typeof disk === "string") {
  it.skip(`INV-14 power cuts: this machine mounts no loop file (${disk})`, () => undefined);
} else {
  describe("power cuts under load", () => cutPower(disk));
}

function cutPower(disk: LoopDisk): void {
  let product: RunningProduct;
  let market: Market;

  afterAll(async () => {
    await market?.stop();
    if (product !== undefined) await killAll(await stopTree(product.pid));
    await disk.remove();
  });

  it(
    `INV-1 INV-2 INV-14 every acknowledged event is there after each of ${CUTS} cuts, and it always starts`,
    async () => {
      const seed = seedOfRun();
      const random = new SeededRandom(seed);
      console.log(`SEED=${seed} POWER_CUTS=${CUTS}`);
      const dataDir = join(disk.folder, "data");
      product = await startProduct({ dataDir, environment: ENVIRONMENT });
      market = new Market(() => product, await product.token(), random, EVENTS_PER_SECOND);
      for (let cut = 1; cut <= CUTS; cut += 1) {
        market.load.start();
        // On a slow machine too there must be something to lose.
        const enough = market.ledger.count("acknowledged") + LEAST_ACKNOWLEDGED;
        await until("acknowledged events", () => market.ledger.count("acknowledged") > enough);
        const loadMs = random.integer(LOAD_MS.from, LOAD_MS.to);
        await sleep(loadMs);
        const stopped = await stopTree(product.pid);
        // What is under way is tried again; more of it would only wait for the start.
        market.load.pause();
        disk.copy();
        await killAll(stopped);
        await disk.swap();
        console.log(
          `cut ${cut}: ${stopped.length} processes, ${market.ledger.count("acknowledged")} events acknowledged so far`,
        );
        const cutMs = performance.now();
        product = await startProduct({ dataDir, port: product.port, environment: ENVIRONMENT });
        const backMs = performance.now();
        await market.untilStored();
        console.log(
          `  back in ${Math.round(backMs - cutMs)} ms, all acknowledged events stored ${Math.round(performance.now() - backMs)} ms later`,
        );
      }
      await market.settle();
      expect(await market.violations()).toEqual([]);
      console.log(market.summary());
    },
    240_000 + CUTS * 60_000,
  );
}
