import {
  type Bench,
  mustAccept,
  numberedSymbols,
  pointsJob,
  type Scenario,
  settle,
  storedRoundTrip,
} from "../bench.ts";
import { descendants, residentBytes } from "../targets/process-figures.ts";
import type { ProductTarget } from "../targets/target.ts";

/** A desk: so many symbols, of each an event a second, so many in a post. */
const DESK = { symbols: 5_000, symbolsAPost: 500 };

export const manySymbols: Scenario = {
  number: 10,
  title: "posts over many symbols",
  async run(bench: Bench) {
    await againstOneSymbol(bench);
    await aDesk(bench);
  },
};

/** 100 points a post, of one symbol and of 100, in turns. */
async function againstOneSymbol(bench: Bench): Promise<void> {
  const product = await bench.startProduct();
  const symbols = numberedSymbols(100);
  const how = { points: 100, connections: 8, warmupSeconds: 1, seconds: bench.quick ? 3 : 8 };
  const rates = { one: [] as number[], many: [] as number[] };
  const run = async (over: readonly string[]) => {
    const job = pointsJob(product, { ...how, symbols: over, symbolsAPost: over.length });
    const { pointsPerSecond } = mustAccept(await bench.posting.run(job));
    // Rooms of one host share its lane to Postgres.
    await storedRoundTrip(product, "SYM0-USD");
    await settle(bench.quick);
    return pointsPerSecond;
  };
  for (let round = 0; round < bench.rounds; round += 1) {
    rates.one.push(await run(symbols.slice(0, 1)));
    rates.many.push(await run(symbols));
  }
  bench.measure("posts of 100 points, 8 connections, one symbol", "points/s", rates.one);
  bench.measure("the same over 100 symbols a post", "points/s", rates.many);
  const ratios = rates.many.map((rate, round) => rate / (rates.one[round] ?? Number.NaN));
  bench.measure("  ratio, round by round", "x", ratios, { atLeast: 0.8 });
  await product.stop();
}

async function aDesk(bench: Bench): Promise<void> {
  const product = await bench.startProduct();
  const symbols = numberedSymbols(DESK.symbols);
  const requestsPerSecond = DESK.symbols / DESK.symbolsAPost;
  const figures = { p50: [] as number[], p99: [] as number[], memory: [] as number[] };
  for (let round = 0; round < bench.rounds; round += 1) {
    const run = mustAccept(
      await bench.posting.run(
        pointsJob(product, {
          ...{ symbols, symbolsAPost: DESK.symbolsAPost, points: DESK.symbolsAPost },
          ...{ connections: requestsPerSecond, requestsPerSecond },
          // The first second makes the rooms.
          ...{ warmupSeconds: 3, seconds: bench.quick ? 6 : 20 },
        }),
      ),
    );
    figures.p50.push(run.latency.p50Ms);
    figures.p99.push(run.latency.p99Ms);
    figures.memory.push(memoryBytes(product) / 1e6);
    await storedRoundTrip(product, "SYM0-USD");
    await settle(bench.quick);
  }
  const what = "5,000 symbols with an event each second, 500 a post";
  bench.measure(`ack p50, ${what}`, "ms", figures.p50);
  bench.measure("  its p99", "ms", figures.p99, { atMost: 50 });
  bench.measure("  memory of runtime and database", "MB", figures.memory, { atMost: 600 });
}

/** Pages that sessions of Postgres share count once a session: it is less than this. */
function memoryBytes({ runtimePids, databasePid }: ProductTarget): number {
  const pids = [...runtimePids, databasePid, ...descendants(databasePid).map(({ pid }) => pid)];
  return pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
}
