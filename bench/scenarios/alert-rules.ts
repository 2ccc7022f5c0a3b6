import {
  type Bench,
  mustAccept,
  numberedSymbols,
  pointsJob,
  type Scenario,
  settle,
} from "../bench.ts";
import { cpuSeconds } from "../targets/process-figures.ts";
import type { ProductTarget } from "../targets/target.ts";

const SYMBOLS = 100;
const RULES = 1_000;
const LOADS = [
  { of: "of one symbol", symbols: 1 },
  { of: "over 100 symbols", symbols: SYMBOLS },
];

/** What rules cost: each point of each symbol is read by the rule on it, and of the first symbol by one of all. */
export const alertRules: Scenario = {
  number: 16,
  title: "a thousand rules of alerts",
  async run(bench: Bench) {
    const without = await bench.startProduct({ runtimes: 1 });
    const withRules = await bench.startProduct({ runtimes: 1 });
    await setRules(withRules);
    for (const { of, symbols } of LOADS) {
      const us = { without: [] as number[], with: [] as number[] };
      for (let round = 0; round < bench.rounds; round += 1) {
        us.without.push(await usAPost(bench, without, symbols));
        us.with.push(await usAPost(bench, withRules, symbols));
      }
      bench.measure(`processor time of a post of 100 points ${of}`, "us", us.without);
      bench.measure(`  with ${RULES} rules`, "us", us.with);
      const ratios = us.with.map((one, round) => one / (us.without[round] ?? Number.NaN));
      bench.measure("  ratio, round by round", "x", ratios, { atMost: 1.1 });
    }
  },
};

/** A thousand rules: one on each point of each of the numbered symbols, one more on those of the first, and others. */
export async function setRules(product: Pick<ProductTarget, "port" | "token">): Promise<void> {
  const symbols = numberedSymbols(SYMBOLS);
  const rules = Array.from({ length: RULES }, (_, number) => ({
    name: `r${number}`,
    symbols: number === 0 ? "*" : (symbols[number % SYMBOLS] ?? "*"),
    on: { metric: number < SYMBOLS ? "latency" : `other-${number}` },
    condition: { above: 1e9 + number },
    for: "10s",
  }));
  const response = await fetch(`http://127.0.0.1:${product.port}/api/alerts/rules`, {
    ...{ method: "PUT", body: JSON.stringify(rules) },
    headers: { authorization: `Bearer ${product.token}` },
  });
  if (!response.ok) throw new Error(await response.text());
}

async function usAPost(bench: Bench, product: ProductTarget, symbols: number): Promise<number> {
  const job = pointsJob(product, {
    ...{ symbols: numberedSymbols(symbols), symbolsAPost: symbols, points: 100 },
    ...{ connections: 8, warmupSeconds: 0, seconds: bench.quick ? 4 : 8 },
  });
  // Compiled and connected, so that a short round is like a long one.
  mustAccept(await bench.posting.run({ ...job, seconds: 1 }));
  const beforeS = cpuSeconds(product.workerdPid);
  const { requests } = mustAccept(await bench.posting.run(job));
  const usedS = cpuSeconds(product.workerdPid) - beforeS;
  await settle(bench.quick);
  return (usedS * 1e6) / requests;
}
