import {
  type Bench,
  framesJob,
  mustAccept,
  pointsJob,
  type Scenario,
  settle,
  untilStored,
} from "../bench.ts";
import type { PostJob, PostResult, ViewerResult } from "../load/jobs.ts";
import { cpuSeconds } from "../targets/process-figures.ts";
import { type ProductTarget, type Target, wait } from "../targets/target.ts";

export const VIEWERS = 1_000;
export const ROOM = "BTC-USD";
/** Points of a post: a frame of a usual size. */
const POINTS = 5;
const CONNECTING_AT_ONCE = 100;

/** Connects viewers to rooms in turn, which are there before them. */
export async function connectViewers(
  bench: Pick<Bench, "viewing" | "quick">,
  target: Target | ProductTarget,
  count: number,
  rooms: readonly string[] = [ROOM],
): Promise<void> {
  const isProduct = "token" in target;
  if (isProduct) await untilStored(target, rooms);
  const result = await bench.viewing.run({
    do: "connect",
    port: target.port,
    paths: isProduct ? rooms.map((room) => `/ws/${room}`) : ["/"],
    count,
    acks: isProduct,
    ready: isProduct ? "caught_up" : "open",
    atOnce: CONNECTING_AT_ONCE,
  });
  const [lost] = Object.entries(result.lost);
  if (lost !== undefined) throw new Error(`${lost[1]} viewers could not connect: ${lost[0]}`);
  await settle(bench.quick);
}

/** Posts for `seconds` while the connected viewers measure. */
export async function fanOut(
  bench: Pick<Bench, "viewing" | "posting">,
  target: Target | ProductTarget,
  how: { points: number; requestsPerSecond: number; seconds: number },
): Promise<ViewerResult & { cpu: number; ack: PostResult["latency"] }> {
  const load: Pick<PostJob, "seconds" | "warmupSeconds" | "requestsPerSecond" | "connections"> = {
    connections: 8,
    warmupSeconds: 0,
    seconds: how.seconds,
    requestsPerSecond: how.requestsPerSecond,
  };
  const job =
    "token" in target
      ? pointsJob(target, { ...load, symbols: [ROOM], points: how.points }, "stamp")
      : framesJob(target, { ...load, points: how.points });
  await bench.viewing.run({ do: "measure" });
  const cpu = cpuSeconds(target.workerdPid);
  const posted = mustAccept(await bench.posting.run(job));
  const used = cpuSeconds(target.workerdPid) - cpu;
  // The last frames are on the way.
  await wait(1_000);
  const result = await bench.viewing.run({ do: "report" });
  return { ...result, cpu: used / how.seconds, ack: posted.latency };
}

/** The fan-out that the issue asks for: quiet rate, against the bare room, in turns. */
export const fanOutLatency: Scenario = {
  number: 5,
  title: "1,000 viewers in one room, 10 posts/s, against the bare room",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    const bare = await bench.startBare("room");
    const how = { points: POINTS, requestsPerSecond: 10, seconds: bench.quick ? 5 : 15 };
    const figures = {
      p50: [[], []] as number[][],
      p99: [[], []] as number[][],
      cpu: [[], []] as number[][],
    };
    const ack = { p50: [] as number[], p99: [] as number[] };
    for (let round = 0; round < bench.rounds; round += 1) {
      for (const [which, target] of [product, bare].entries()) {
        await connectViewers(bench, target, VIEWERS);
        const run = await fanOut(bench, target, how);
        await bench.viewing.run({ do: "drop" });
        const due = how.requestsPerSecond * how.seconds * POINTS * VIEWERS;
        if (run.events !== due || run.backward > 0) {
          throw new Error(
            `${target.name}: ${run.events} events of ${due}, ${run.backward} backward, ${JSON.stringify(run.lost)}`,
          );
        }
        figures.p50[which]?.push(run.latency.p50Ms);
        figures.p99[which]?.push(run.latency.p99Ms);
        figures.cpu[which]?.push(run.cpu);
        if (target === product) {
          ack.p50.push(run.ack.p50Ms);
          ack.p99.push(run.ack.p99Ms);
        }
        await settle(bench.quick);
      }
    }
    for (const quantile of ["p50", "p99"] as const) {
      const [ours = [], theirs = []] = figures[quantile];
      bench.measure(`publish to receive ${quantile}, 1,000 viewers, 10 posts/s`, "ms", ours);
      bench.measure("  bare room", "ms", theirs);
      const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
      const atMost = quantile === "p50" ? 1.1 : 1.25;
      bench.measure(`  ratio of ${quantile}, round by round`, "x", ratios, { atMost });
    }
    bench.measure("ack p50 of a room with 1,000 viewers, 10 posts/s", "ms", ack.p50, { atMost: 4 });
    bench.measure("ack p99 of a room with 1,000 viewers, 10 posts/s", "ms", ack.p99, {
      atMost: 15,
    });
    bench.measure("  CPU of workerd, product", "cores", figures.cpu[0] ?? []);
    bench.measure("  CPU of workerd, bare room", "cores", figures.cpu[1] ?? []);
    bench.note(
      "Publish to receive: from the write of the post in one process to the read of the frame in another, on one monotonic clock; all 1,000 viewers are one process, so the last of them includes the reading of the 999 before it, on both sides alike.",
    );
  },
};
