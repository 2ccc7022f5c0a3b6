import { type Bench, mustAccept, pointsJob, type Scenario, settle, untilStored } from "../bench.ts";
import type { ProductTarget } from "../targets/target.ts";
import { connectViewers, fanOut, ROOM, VIEWERS } from "./fan-out.ts";
import { storm } from "./reconnect.ts";

/** On a machine with cores to spare; here generator, database and both runtimes share what there is. */
const GOAL = { atLeast: 1.5 };

export const twoRuntimes: Scenario = {
  number: 12,
  title: "two runtimes against one",
  async run(bench: Bench) {
    const products = [
      await bench.startProduct({ runtimes: 1 }),
      await bench.startProduct({ runtimes: 2 }),
    ] as const;
    const posts = await inTurns(bench, products, (product) => postsOfOneSymbol(bench, product));
    bench.measure("posts of 100 points, 8 connections, one runtime", "points/s", posts[0]);
    bench.measure("  two runtimes", "points/s", posts[1]);
    bench.measure("  ratio, round by round", "x", ratios(posts), GOAL);
    const sent = await inTurns(bench, products, (product) => eventsDelivered(bench, product));
    bench.measure("events to 1,000 viewers, 38 posts/s of 32, one runtime: p99", "ms", sent[0]);
    bench.measure("  two runtimes: p99", "ms", sent[1]);
    const storms = await inTurns(bench, products, (product) => stormMs(bench, product));
    bench.measure("1,000 viewers back, 1,000 missed events each, one runtime", "ms", storms[0], {
      atMost: 900,
    });
    bench.measure("  two runtimes", "ms", storms[1], { atMost: 600 });
  },
};

type Two<Value> = readonly [Value, Value];

async function inTurns(
  bench: Bench,
  products: Two<ProductTarget>,
  measure: (product: ProductTarget) => Promise<number>,
): Promise<Two<number[]>> {
  const figures: Two<number[]> = [[], []];
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const which of [0, 1] as const) {
      figures[which].push(await measure(products[which]));
      await untilStored(products[which], [ROOM]);
      await settle(bench.quick);
    }
  }
  return figures;
}

function ratios([ones, twos]: Two<number[]>): number[] {
  return twos.map((two, round) => two / (ones[round] ?? Number.NaN));
}

async function postsOfOneSymbol(bench: Bench, product: ProductTarget): Promise<number> {
  const job = pointsJob(product, {
    ...{ symbols: [ROOM], points: 100, connections: 8 },
    ...{ warmupSeconds: 1, seconds: bench.quick ? 3 : 8 },
  });
  return mustAccept(await bench.posting.run(job)).pointsPerSecond;
}

async function eventsDelivered(bench: Bench, product: ProductTarget): Promise<number> {
  await connectViewers(bench, product, VIEWERS);
  const how = { points: 32, requestsPerSecond: 38, seconds: bench.quick ? 4 : 8 };
  const run = await fanOut(bench, product, how);
  await bench.viewing.run({ do: "drop" });
  const due = how.requestsPerSecond * how.seconds * how.points * VIEWERS;
  if (run.events !== due) bench.note(`${run.events} events of ${due} reached viewers`);
  return run.latency.p99Ms;
}

async function stormMs(bench: Bench, product: ProductTarget): Promise<number> {
  const run = await storm(bench, product);
  const wrong = run.gaps + run.missed + run.repeated + run.backward;
  if (wrong > 0) bench.note(`a storm: ${JSON.stringify(run)}`);
  return run.readyMs;
}
