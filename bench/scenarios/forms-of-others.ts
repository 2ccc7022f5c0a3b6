import {
  type Bench,
  formJob,
  mustAccept,
  numberedSymbols,
  type Scenario,
  settle,
  storedRoundTrip,
} from "../bench.ts";
import type { FormOfOthers } from "../load/jobs.ts";
import { cpuSeconds } from "../targets/process-figures.ts";
import type { Target } from "../targets/target.ts";

/** What a Prometheus sends by default, over the symbols of a desk. */
const REQUEST = { points: 500, symbols: 100, connections: 8 };

const FORMS: readonly { form: FormOfOthers; title: string; atLeast: number }[] = [
  { form: "write", title: "remote write 1.0", atLeast: 100_000 },
  { form: "otlp", title: "OTLP metrics, protobuf", atLeast: 80_000 },
  { form: "influx", title: "line protocol", atLeast: 150_000 },
];

export const formsOfOthers: Scenario = {
  number: 13,
  title: "500 points over 100 symbols a request in the forms of others, 8 connections",
  async run(bench: Bench) {
    for (const { form, title, atLeast } of FORMS) {
      const product = await bench.startProduct();
      const bare = await bench.startBare("forms");
      // It takes OTLP from a later version on than Debian's.
      const victoria = form === "otlp" ? null : await bench.startVictoria();
      const targets = [product, bare, ...(victoria === null ? [] : [victoria])];
      const figures = new Map(targets.map((target) => [target, emptyFigures()]));
      for (let round = 0; round < bench.rounds; round += 1) {
        for (const [target, { rates, p99Ms, usARequest }] of figures) {
          const run = await measure(bench, form, target);
          rates.push(run.pointsPerSecond);
          p99Ms.push(run.p99Ms);
          usARequest.push(run.usARequest);
          // Rooms of one host share its lane to Postgres.
          if (target === product) await storedRoundTrip(product, "SYM0-USD");
          await settle(bench.quick);
        }
      }
      const own = figures.get(product) ?? emptyFigures();
      bench.measure(title, "points/s", own.rates, { atLeast });
      bench.measure("  its latency p99", "ms", own.p99Ms);
      bench.measure("  processor of the runtime", "us/request", own.usARequest);
      for (const [target, { rates, usARequest }] of figures) {
        if (target === product) continue;
        const ratios = own.rates.map((rate, at) => rate / (rates[at] ?? Number.NaN));
        const goal = target === bare ? { atLeast: 0.75 } : undefined;
        bench.measure(`  ${target.name}`, "points/s", rates);
        bench.measure(`  processor of ${target.name}`, "us/request", usARequest);
        bench.measure(`  ratio to ${target.name}, round by round`, "x", ratios, goal);
      }
      for (const target of targets) await target.stop();
    }
    bench.note("VictoriaMetrics answers before its data is on disk: it is written each 5 s.");
  },
};

const emptyFigures = () => ({
  rates: [] as number[],
  p99Ms: [] as number[],
  usARequest: [] as number[],
});

async function measure(bench: Bench, form: FormOfOthers, target: Target) {
  const symbols = numberedSymbols(REQUEST.symbols);
  const how = {
    ...{ symbols, symbolsAPost: symbols.length, points: REQUEST.points },
    ...{ connections: REQUEST.connections, warmupSeconds: 1, seconds: bench.quick ? 3 : 8 },
  };
  const before = cpuSeconds(target.workerdPid);
  const run = mustAccept(await bench.posting.run(formJob(form, target, how)));
  const requests = run.acknowledgedPoints / REQUEST.points;
  const usARequest = ((cpuSeconds(target.workerdPid) - before) * 1e6) / requests;
  return { pointsPerSecond: run.pointsPerSecond, p99Ms: run.latency.p99Ms, usARequest };
}
