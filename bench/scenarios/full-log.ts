import {
  type Bench,
  formJob,
  mustAccept,
  numberedSymbols,
  type Scenario,
  storedRoundTrip,
} from "../bench.ts";
import { cpuSeconds } from "../targets/process-figures.ts";
import { type ProductTarget, wait } from "../targets/target.ts";

const REQUEST = { points: 500, symbols: 100, connections: 8 };
/** The log keeps a million events, and drops a quarter of that at once. */
const KEPT_EVENTS = 1_250_000;
const DROPPED_EVENTS = 250_000;
/** Half of what the machine can take, so that whoever asks in between waits for upkeep and not for others. */
const REQUESTS_PER_SECOND = 40;
const PROBE_EVERY_MS = 20;

/** Other scenarios end before a log is full; who runs the product for a day has nothing but full logs. */
export const fullLog: Scenario = {
  number: 22,
  title: "a log that is full, 500 points over 100 symbols a request",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    const filling = { events: 0, us: [] as number[] };
    while (filling.events < KEPT_EVENTS) {
      const { events, us } = await post(bench, product, { seconds: 5 });
      filling.events += events;
      filling.us.push(us);
      await storedRoundTrip(product, "SYM0-USD");
    }
    const figures = { us: [] as number[], p99Ms: [] as number[], longestMs: [] as number[] };
    // Each round has a drop in it.
    const seconds = DROPPED_EVENTS / (REQUEST.points * REQUESTS_PER_SECOND) + 2;
    for (let round = 0; round < bench.rounds; round += 1) {
      const probe = probing(product.port);
      const run = await post(bench, product, { seconds, requestsPerSecond: REQUESTS_PER_SECOND });
      figures.us.push(run.us);
      figures.p99Ms.push(run.p99Ms);
      figures.longestMs.push(await probe.end());
    }
    bench.measure("processor of a request while the log fills", "us", filling.us);
    bench.measure(`with a full one, ${REQUESTS_PER_SECOND} requests/s`, "us", figures.us);
    bench.measure("  acknowledgement p99", "ms", figures.p99Ms);
    bench.measure("  longest /healthz", "ms", figures.longestMs, { atMost: 50 });
    await product.stop();
  },
};

async function post(
  bench: Bench,
  product: ProductTarget,
  rate: { seconds: number; requestsPerSecond?: number },
): Promise<{ events: number; us: number; p99Ms: number }> {
  const symbols = numberedSymbols(REQUEST.symbols);
  const how = { ...REQUEST, symbols, symbolsAPost: symbols.length, warmupSeconds: 0, ...rate };
  const before = cpuSeconds(product.workerdPid);
  const run = mustAccept(await bench.posting.run(formJob("write", product, how)));
  const requests = run.acknowledgedPoints / REQUEST.points;
  return {
    events: run.acknowledgedPoints,
    us: ((cpuSeconds(product.workerdPid) - before) * 1e6) / requests,
    p99Ms: run.latency.p99Ms,
  };
}

/** Asks again and again whether the runtime is there; ends with the longest that it took to say so, in ms. */
function probing(port: number): { end(): Promise<number> } {
  let isOver = false;
  const asked = (async () => {
    let longestMs = 0;
    while (!isOver) {
      const startMs = performance.now();
      await (await fetch(`http://127.0.0.1:${port}/healthz`)).text();
      longestMs = Math.max(longestMs, performance.now() - startMs);
      await wait(PROBE_EVERY_MS);
    }
    return longestMs;
  })();
  return {
    end: () => {
      isOver = true;
      return asked;
    },
  };
}
