import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Market } from "./chaos/market.ts";
import { SeededRandom, seedOfRun } from "./chaos/seeded-random.ts";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const CYCLES = Number(process.env["CHAOS_CYCLES"] ?? 5);
const EVENTS_PER_SECOND = 500;
/** Time under load before each kill, in ms. */
const LOAD_MS = { from: 50, to: 2_000 };
const ENVIRONMENT = { PUBLIC_READ: "true", LIMIT_CONNECTS_PER_MINUTE: "0" };

describe("kill -9 of the whole process group under load", () => {
  let folder: ReturnType<typeof temporaryDataDir>;
  let product: RunningProduct;
  let market: Market;

  beforeEach(async () => {
    folder = temporaryDataDir();
    product = await startProduct({ dataDir: folder.dataDir, environment: ENVIRONMENT });
  });

  afterEach(async () => {
    await market.stop();
    await product.killGroup();
    folder.remove();
  });

  it(
    `INV-1 INV-2 INV-6 every acknowledged event is stored once and shown once, over ${CYCLES} kills`,
    async () => {
      const seed = seedOfRun();
      const random = new SeededRandom(seed);
      console.log(`SEED=${seed} CHAOS_CYCLES=${CYCLES}`);
      market = new Market(() => product, await product.token(), random, EVENTS_PER_SECOND);
      market.load.start();
      for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
        const loadMs = random.integer(LOAD_MS.from, LOAD_MS.to);
        // Producers that go on meet a product which is still starting; a pause leaves the outbox to the rooms' alarms.
        const isPaused = random.next() < 0.5;
        await sleep(loadMs);
        await product.killGroup();
        if (isPaused) market.load.pause();
        const killedMs = performance.now();
        product = await startProduct({
          dataDir: folder.dataDir,
          port: product.port,
          environment: ENVIRONMENT,
        });
        const backMs = performance.now();
        await market.untilStored();
        const storedMs = performance.now();
        await until("viewers connected again", () =>
          [...market.sockets.values()].every((viewer) => viewer.isOpen),
        );
        console.log(
          `kill ${cycle}: after ${loadMs} ms of load${isPaused ? ", then a pause" : ""}; back in ${Math.round(backMs - killedMs)} ms, all acknowledged events stored ${Math.round(storedMs - backMs)} ms later`,
        );
        if (isPaused) market.load.start();
      }
      await market.settle();
      expect(await market.violations()).toEqual([]);
      console.log(market.summary());
    },
    60_000 + CYCLES * 30_000,
  );
});
