import {
  type Bench,
  EIGHT_SYMBOLS,
  mustAccept,
  pointsJob,
  type Scenario,
  settle,
  untilStored,
} from "../bench.ts";

export const ackLatency: Scenario = {
  number: 4,
  title: "ack latency at 500 posts/s of 20 points",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    for (const symbols of [EIGHT_SYMBOLS, EIGHT_SYMBOLS.slice(0, 1)]) {
      const p50: number[] = [];
      const p99: number[] = [];
      const late: number[] = [];
      for (let round = 0; round < bench.rounds; round += 1) {
        const run = mustAccept(
          await bench.posting.run(
            pointsJob(product, {
              symbols,
              points: 20,
              connections: 64,
              requestsPerSecond: 500,
              warmupSeconds: 2,
              seconds: bench.quick ? 5 : 15,
            }),
          ),
        );
        p50.push(run.latency.p50Ms);
        p99.push(run.latency.p99Ms);
        late.push(run.lateness.p99Ms);
        await untilStored(product, symbols);
        await settle(bench.quick);
      }
      const over = symbols.length === 1 ? "one symbol" : `${symbols.length} symbols`;
      bench.measure(`ack p50 at 500 posts/s of 20 points, ${over}`, "ms", p50, { atMost: 3 });
      bench.measure(`ack p99 at 500 posts/s of 20 points, ${over}`, "ms", p99, { atMost: 15 });
      bench.measure(`  of it the generator's own lateness, p99, ${over}`, "ms", late);
    }
    bench.note(
      "Ack latency is counted from the moment a post was due, so that waiting behind a slow one counts.",
    );
  },
};
