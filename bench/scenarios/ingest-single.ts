import {
  type Bench,
  EIGHT_SYMBOLS,
  mustAccept,
  pointsJob,
  type Scenario,
  settle,
  untilStored,
} from "../bench.ts";

export const ingestSingle: Scenario = {
  number: 3,
  title: "posts of one point",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    const bare = await bench.startBare("ingest");
    const seconds = bench.quick ? 3 : 6;
    for (const symbols of [EIGHT_SYMBOLS.slice(0, 1), EIGHT_SYMBOLS]) {
      const over = symbols.length === 1 ? "one symbol" : `${symbols.length} symbols`;
      for (const connections of [8, 32, 64]) {
        const how = { symbols, points: 1, connections, warmupSeconds: 1, seconds };
        const rates: number[] = [];
        const p99: number[] = [];
        const bareRates: number[] = [];
        for (let round = 0; round < bench.rounds; round += 1) {
          const run = mustAccept(await bench.posting.run(pointsJob(product, how)));
          rates.push(run.requestsPerSecond);
          p99.push(run.latency.p99Ms);
          await untilStored(product, symbols);
          await settle(bench.quick);
          bareRates.push(
            mustAccept(await bench.posting.run(pointsJob(bare, how))).requestsPerSecond,
          );
          await settle(bench.quick);
        }
        bench.measure(`posts of 1 point, ${connections} connections, ${over}`, "posts/s", rates, {
          atLeast: 3_000,
        });
        bench.measure(`  latency p99, ${connections} connections, ${over}`, "ms", p99);
        bench.measure(`  bare, ${connections} connections, ${over}`, "posts/s", bareRates);
      }
    }
  },
};
