import {
  type Bench,
  EIGHT_SYMBOLS,
  mustAccept,
  pointsJob,
  type Scenario,
  settle,
  untilStored,
} from "../bench.ts";

/** Against the bare ingest of the same run the 99th percentile over eight symbols may be so many times as long. */
const MOST_TIMES_BARE = 2;

export const ackLatency: Scenario = {
  number: 4,
  title: "ack latency at 500 posts/s of 20 points, against the bare ingest",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    const bare = await bench.startBare("ingest");
    for (const symbols of [EIGHT_SYMBOLS, EIGHT_SYMBOLS.slice(0, 1)]) {
      const figures = {
        p50: [] as number[],
        p99: [] as number[],
        late: [] as number[],
        barePeer: [] as number[],
      };
      const how = {
        ...{ symbols, points: 20, connections: 64, requestsPerSecond: 500, warmupSeconds: 2 },
        seconds: bench.quick ? 5 : 15,
      };
      for (let round = 0; round < bench.rounds; round += 1) {
        const run = mustAccept(await bench.posting.run(pointsJob(product, how)));
        figures.p50.push(run.latency.p50Ms);
        figures.p99.push(run.latency.p99Ms);
        figures.late.push(run.lateness.p99Ms);
        await untilStored(product, symbols);
        await settle(bench.quick);
        const peer = mustAccept(await bench.posting.run(pointsJob(bare, how)));
        figures.barePeer.push(peer.latency.p99Ms);
        await settle(bench.quick);
      }
      const { p50, p99, late, barePeer } = figures;
      const over = symbols.length === 1 ? "one symbol" : `${symbols.length} symbols`;
      bench.measure(`ack p50 at 500 posts/s of 20 points, ${over}`, "ms", p50, { atMost: 3 });
      bench.measure(`ack p99 at 500 posts/s of 20 points, ${over}`, "ms", p99, { atMost: 15 });
      bench.measure(`  of it the generator's own lateness, p99, ${over}`, "ms", late);
      bench.measure(`  bare: p99, ${over}`, "ms", barePeer);
      const ratios = p99.map((value, round) => value / (barePeer[round] ?? Number.NaN));
      const goal = symbols.length === 1 ? undefined : { atMost: MOST_TIMES_BARE };
      bench.measure(`  ratio of p99, round by round, ${over}`, "x", ratios, goal);
    }
    bench.note(
      "Ack latency is counted from the moment a post was due, so that waiting behind a slow one counts.",
    );
  },
};
