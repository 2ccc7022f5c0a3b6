import {
  type Bench,
  mustAccept,
  numberedSymbols,
  type Scenario,
  settle,
  storedRoundTrip,
  writeJob,
} from "../bench.ts";

/** What a Prometheus sends by default, over the symbols of a desk. */
const WRITE = { points: 500, symbols: 100, connections: 8 };

export const remoteWrite: Scenario = {
  number: 13,
  title: "remote write of 500 samples over 100 symbols, 8 connections",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    const bare = await bench.startBare("write");
    const symbols = numberedSymbols(WRITE.symbols);
    const how = {
      ...{ symbols, symbolsAPost: symbols.length, points: WRITE.points },
      ...{ connections: WRITE.connections, warmupSeconds: 1, seconds: bench.quick ? 3 : 8 },
    };
    const figures = { product: [] as number[], bare: [] as number[], p99: [] as number[] };
    for (let round = 0; round < bench.rounds; round += 1) {
      const run = mustAccept(await bench.posting.run(writeJob(product, how)));
      figures.product.push(run.pointsPerSecond);
      figures.p99.push(run.latency.p99Ms);
      // Rooms of one host share its lane to Postgres.
      await storedRoundTrip(product, "SYM0-USD");
      await settle(bench.quick);
      const peer = mustAccept(await bench.posting.run(writeJob(bare, how)));
      figures.bare.push(peer.pointsPerSecond);
      await settle(bench.quick);
    }
    const ratios = figures.product.map((rate, at) => rate / (figures.bare[at] ?? Number.NaN));
    bench.measure(remoteWrite.title, "samples/s", figures.product, { atLeast: 100_000 });
    bench.measure("  bare: unpack, parse, one call, one row", "samples/s", figures.bare);
    bench.measure("  ratio, round by round", "x", ratios, { atLeast: 0.75 });
    bench.measure("  latency p99", "ms", figures.p99);
    await product.stop();
    await bare.stop();
  },
};
