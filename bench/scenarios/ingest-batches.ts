import {
  type Bench,
  EIGHT_SYMBOLS,
  mustAccept,
  pointsJob,
  type Scenario,
  settle,
  untilStored,
} from "../bench.ts";
import { cpuSeconds } from "../targets/process-figures.ts";

const GOAL = { atLeast: 150_000 };

export const ingestBatches: Scenario = {
  number: 1,
  title: "posts of 100 points, 8 connections",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    const bare = await bench.startBare("ingest");
    const seconds = bench.quick ? 3 : 8;
    const how = { points: 100, connections: 8, warmupSeconds: 1, seconds };
    for (const symbols of [EIGHT_SYMBOLS.slice(0, 1), EIGHT_SYMBOLS]) {
      const figures: Record<string, number[]> = {
        product: [],
        bare: [],
        p99: [],
        cpu: [],
        generator: [],
      };
      for (let round = 0; round < bench.rounds; round += 1) {
        const cpu = cpuSeconds(product.workerdPid);
        const run = mustAccept(await bench.posting.run(pointsJob(product, { ...how, symbols })));
        figures["cpu"]?.push(
          (cpuSeconds(product.workerdPid) - cpu) / (how.warmupSeconds + seconds),
        );
        figures["product"]?.push(run.pointsPerSecond);
        figures["p99"]?.push(run.latency.p99Ms);
        figures["generator"]?.push(run.generatorUsPerRequest);
        await untilStored(product, symbols);
        await settle(bench.quick);
        const peer = mustAccept(await bench.posting.run(pointsJob(bare, { ...how, symbols })));
        figures["bare"]?.push(peer.pointsPerSecond);
        await settle(bench.quick);
      }
      const over = symbols.length === 1 ? "one symbol" : `${symbols.length} symbols`;
      bench.measure(
        `posts of 100 points, 8 connections, ${over}`,
        "points/s",
        figures["product"] ?? [],
        GOAL,
      );
      bench.measure(`  bare: parse, one call, one row, ${over}`, "points/s", figures["bare"] ?? []);
      bench.measure(`  latency p99, ${over}`, "ms", figures["p99"] ?? []);
      bench.measure(`  CPU of workerd, ${over}`, "cores", figures["cpu"] ?? []);
      bench.measure(`  CPU of the generator, ${over}`, "us/post", figures["generator"] ?? []);
    }
  },
};
