import { measureBareDrain } from "../bare/drain.ts";
import {
  type Bench,
  EIGHT_SYMBOLS,
  mustAccept,
  pointsJob,
  probesSent,
  type Scenario,
  storedRoundTrip,
  untilStored,
} from "../bench.ts";
import { cpuSeconds } from "../targets/process-figures.ts";
import { type ProductTarget, wait } from "../targets/target.ts";

const PROBE_EVERY_MS = 2_000;

export const sustained: Scenario = {
  number: 2,
  title: "a minute of ingest into embedded Postgres",
  async run(bench: Bench) {
    const limited = { requestsPerSecond: 600, connections: 16, seconds: bench.quick ? 15 : 60 };
    const unlimited = {
      requestsPerSecond: undefined,
      connections: 8,
      seconds: bench.quick ? 10 : 60,
    };
    await measureLoad(bench, limited, "60,000 points/s offered");
    await measureLoad(bench, unlimited, "as fast as 8 connections post");
    const { sql } = await bench.startProduct();
    for (const rows of [1_000, 10_000]) {
      const rates: number[] = [];
      for (let round = 0; round < bench.rounds; round += 1) {
        rates.push(await measureBareDrain(sql, rows, bench.quick ? 3 : 10));
      }
      bench.measure(`  bare: unnest of ${rows} rows through the endpoint`, "rows/s", rates);
    }
  },
};

async function measureLoad(
  bench: Bench,
  how: { requestsPerSecond: number | undefined; connections: number; seconds: number },
  name: string,
): Promise<void> {
  const figures = {
    acked: [] as number[],
    stored: [] as number[],
    lagWorst: [] as number[],
    lagMedian: [] as number[],
    catchUp: [] as number[],
    p99: [] as number[],
    workerd: [] as number[],
    database: [] as number[],
    difference: [] as number[],
  };
  // A minute is long: the rounds of this scenario are fewer, on a fresh database each.
  const rounds = Math.min(bench.rounds, 3);
  for (let round = 0; round < rounds; round += 1) {
    const product = await bench.startProduct();
    const probesBefore = probesSent();
    const cpu = {
      workerd: cpuSeconds(product.workerdPid),
      database: cpuSeconds(product.databasePid),
    };
    const startMs = performance.now();
    const lags = watchLag(product);
    const run = mustAccept(
      await bench.posting.run(
        pointsJob(product, { ...how, symbols: EIGHT_SYMBOLS, points: 100, warmupSeconds: 0 }),
      ),
    );
    const endMs = performance.now();
    const seen = await lags.stop();
    await untilStored(product, EIGHT_SYMBOLS);
    const doneMs = performance.now();
    const seconds = (doneMs - startMs) / 1_000;
    // What the Keeper pushes of itself was not acknowledged to anybody here.
    const [[count] = []] = await product.sql(
      "select count(*) from points p join series s on s.id = p.series_id where not starts_with(s.metric, 'edgetape_')",
    );
    const probes = probesSent() - probesBefore;
    figures.acked.push(run.pointsPerSecond);
    figures.stored.push(run.acknowledgedPoints / seconds);
    figures.lagWorst.push(Math.max(...seen));
    figures.lagMedian.push(seen.sort((a, b) => a - b)[Math.floor(seen.length / 2)] ?? Number.NaN);
    figures.catchUp.push(doneMs - endMs);
    figures.p99.push(run.latency.p99Ms);
    figures.workerd.push((cpuSeconds(product.workerdPid) - cpu.workerd) / seconds);
    figures.database.push((cpuSeconds(product.databasePid) - cpu.database) / seconds);
    figures.difference.push(Math.abs(run.acknowledgedPoints + probes - Number(count)));
    await product.stop();
  }
  bench.measure(
    `${name}, ${how.seconds} s: stored, catching up included`,
    "points/s",
    figures.stored,
    {
      // The clock of `stored` runs from start to the last row, so all that was offered cannot quite be reached.
      atLeast: how.requestsPerSecond === undefined ? 60_000 : 59_000,
    },
  );
  bench.measure("  acknowledged", "points/s", figures.acked);
  bench.measure("  ack p99", "ms", figures.p99);
  bench.measure("  a point until stored, median", "ms", figures.lagMedian);
  bench.measure("  a point until stored, worst", "ms", figures.lagWorst);
  bench.measure("  after the load, until all is stored", "ms", figures.catchUp);
  bench.measure(
    "  acknowledged points against rows in Postgres, difference",
    "points",
    figures.difference,
    {
      atMost: 0,
    },
  );
  bench.measure("  CPU of workerd", "cores", figures.workerd);
  bench.measure("  CPU of the database process", "cores", figures.database);
}

/** Asks every two seconds how long a point takes until it is stored. */
function watchLag(product: ProductTarget): { stop: () => Promise<number[]> } {
  const lags: Promise<number>[] = [];
  let going = true;
  const loop = (async () => {
    for (let index = 0; going; index += 1) {
      await wait(PROBE_EVERY_MS);
      const symbol = EIGHT_SYMBOLS[index % EIGHT_SYMBOLS.length] ?? "";
      if (going) lags.push(storedRoundTrip(product, symbol));
    }
  })();
  return {
    stop: async () => {
      going = false;
      await loop;
      return Promise.all(lags);
    },
  };
}
