import { type Bench, framesJob, mustAccept, pointsJob, type Scenario, settle } from "../bench.ts";
import type { ViewerResult } from "../load/jobs.ts";
import { cpuSeconds } from "../targets/process-figures.ts";
import { type ProductTarget, type Target, wait } from "../targets/target.ts";
import { connectViewers, ROOM, VIEWERS } from "./fan-out.ts";

const MISSED = 1_000;
const POINTS = 50;

export const reconnect: Scenario = {
  number: 7,
  title: "1,000 viewers come back at once, each with 1,000 missed events",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    const bare = await bench.startBare("room");
    const ratios: number[] = [];
    const bareMs: number[] = [];
    const cpu = { product: [] as number[], bare: [] as number[] };
    const figures = {
      ms: [] as number[],
      lostEvents: [] as number[],
      twice: [] as number[],
      gaps: [] as number[],
    };
    for (let round = 0; round < bench.rounds; round += 1) {
      const run = await storm(bench, product);
      figures.ms.push(run.readyMs);
      figures.lostEvents.push(run.missed + (VIEWERS - run.complete) * MISSED);
      figures.twice.push(run.repeated + run.backward);
      figures.gaps.push(run.gaps);
      cpu.product.push(run.cpuSeconds);
      const peer = await storm(bench, bare);
      bareMs.push(peer.readyMs);
      ratios.push(run.readyMs / peer.readyMs);
      cpu.bare.push(peer.cpuSeconds);
    }
    bench.measure(
      "1,000 viewers back with 1,000 missed events each: until the last is caught up",
      "ms",
      figures.ms,
      { atMost: 1_500 },
    );
    bench.measure("  bare room that sends what it has kept", "ms", bareMs);
    bench.measure("  ratio, round by round", "x", ratios);
    bench.measure("  processor of workerd", "s", cpu.product);
    bench.measure("  processor of workerd, bare room", "s", cpu.bare);
    bench.measure("  events missing", "events", figures.lostEvents, { atMost: 0 });
    bench.measure("  events twice or out of order", "events", figures.twice, { atMost: 0 });
    bench.measure("  gaps said", "gaps", figures.gaps, { atMost: 0 });
  },
};

/** 1,000 viewers leave, 1,000 events are posted, and all of them come back at once. */
export async function storm(
  bench: Pick<Bench, "posting" | "viewing" | "quick">,
  target: ProductTarget | Target,
): Promise<ViewerResult & { cpuSeconds: number }> {
  await connectViewers(bench, target, VIEWERS);
  await post(bench, target, 1, 1);
  await wait(500);
  await bench.viewing.run({ do: "drop" });
  await settle(bench.quick);
  await post(bench, target, POINTS, MISSED / POINTS);
  await settle(bench.quick);
  const cpu = cpuSeconds(target.workerdPid);
  const run = await bench.viewing.run({ do: "reconnect", expectedSerial: MISSED });
  const used = cpuSeconds(target.workerdPid) - cpu;
  if (Object.keys(run.lost).length > 0) throw new Error(JSON.stringify(run.lost));
  await bench.viewing.run({ do: "drop" });
  await settle(bench.quick);
  return { ...run, cpuSeconds: used };
}

/** Numbered posts of one sender, one after the other. */
async function post(
  bench: Pick<Bench, "posting">,
  target: ProductTarget | Target,
  points: number,
  posts: number,
): Promise<void> {
  const requestsPerSecond = 50;
  const seconds = posts / requestsPerSecond;
  const how = { points, connections: 1, warmupSeconds: 0, seconds, requestsPerSecond };
  const job =
    "token" in target
      ? pointsJob(target, { ...how, symbols: [ROOM] }, "serial")
      : framesJob(target, how, ["/?kept"], "serial");
  mustAccept(await bench.posting.run(job));
}
