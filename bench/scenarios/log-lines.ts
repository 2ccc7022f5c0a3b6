import {
  type Bench,
  linesJob,
  mustAccept,
  type Scenario,
  settle,
  storedRoundTrip,
} from "../bench.ts";

/** What a dozen services of a desk print, most of it of no instrument. */
const LINES = { lines: 200, connections: 4 };

export const logLines: Scenario = {
  number: 14,
  title: "log lines in posts of 200, 4 connections, durable",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    const figures = { lines: [] as number[], p99: [] as number[], behind: [] as number[] };
    for (let round = 0; round < bench.rounds; round += 1) {
      const how = {
        ...{ symbols: ["_system"], points: LINES.lines, connections: LINES.connections },
        ...{ warmupSeconds: 1, seconds: bench.quick ? 3 : 8 },
      };
      const run = mustAccept(await bench.posting.run(linesJob(product, how)));
      figures.lines.push(run.pointsPerSecond);
      figures.p99.push(run.latency.p99Ms);
      figures.behind.push((await storedRoundTrip(product, "_system")) / 1_000);
      await settle(bench.quick);
    }
    bench.measure(logLines.title, "lines/s", figures.lines, { atLeast: 10_000 });
    bench.measure("  latency p99", "ms", figures.p99);
    bench.measure("  until Postgres had the last of them", "s", figures.behind);
    await product.stop();
  },
};
