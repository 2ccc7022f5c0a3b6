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
import type { ProductTarget } from "../targets/target.ts";

const LOADS = [
  { of: "one symbol", symbols: EIGHT_SYMBOLS.slice(0, 1) },
  { of: "eight symbols, one a post", symbols: EIGHT_SYMBOLS },
];
/** Of a post. */
const POINTS = 100;
/** Each runtime has a host. */
const HOSTS = 2;
/** Two runtimes on cores of their own take so many times the posts of one. */
const GOAL = { atLeast: 1.5 };

/**
 * What two runtimes would take if generator and database had cores of their own too: each runtime is one thread, so the one that uses
 * most processor time for a post is the wall. Processor time is the same whether the cores are shared or not, but for their caches.
 */
export const runtimeShares: Scenario = {
  number: 15,
  title: "processor time of the busiest runtime, two against one",
  async run(bench: Bench) {
    const one = await bench.startProduct({ runtimes: 1, hosts: HOSTS });
    const two = await bench.startProduct({ runtimes: 2, hosts: HOSTS });
    for (const { of, symbols } of LOADS) {
      const busiest = { one: [] as number[], two: [] as number[], all: [] as number[] };
      for (let round = 0; round < bench.rounds; round += 1) {
        const [alone = Number.NaN] = await usAPost(bench, one, symbols);
        const shares = await usAPost(bench, two, symbols);
        busiest.one.push(alone);
        busiest.two.push(Math.max(...shares));
        busiest.all.push(shares.reduce((sum, share) => sum + share, 0));
      }
      bench.measure(
        `processor time of a post of 100 points, ${of}, one runtime`,
        "us",
        busiest.one,
      );
      bench.measure("  the busier of two runtimes", "us", busiest.two);
      bench.measure("  both together", "us", busiest.all);
      const scale = busiest.one.map((us, round) => us / (busiest.two[round] ?? Number.NaN));
      bench.measure("  so two take, with cores of their own", "x", scale, GOAL);
    }
  },
};

/** Of each runtime, over all posts of both. */
async function usAPost(
  bench: Bench,
  product: ProductTarget,
  symbols: readonly string[],
): Promise<number[]> {
  const pids = product.runtimePids;
  const job = pointsJob(product, {
    ...{ symbols, points: POINTS, connections: 8, warmupSeconds: 0 },
    seconds: bench.quick ? 4 : 8,
  });
  // Compiled and connected, so that a short round is like a long one.
  mustAccept(await bench.posting.run({ ...job, seconds: 1 }));
  const before = pids.map(cpuSeconds);
  const { acknowledgedPoints } = mustAccept(await bench.posting.run(job));
  // What is stored a little later belongs to these posts too.
  await untilStored(product, symbols);
  const used = pids.map((pid, at) => cpuSeconds(pid) - (before[at] ?? 0));
  await settle(bench.quick);
  return used.map((seconds) => (seconds * 1_000_000 * POINTS) / acknowledgedPoints);
}
