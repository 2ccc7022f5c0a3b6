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
  const bareRooms = rooms[0] === ROOM ? ["/"] : [...rooms];
  if (isProduct) await untilStored(target, rooms);
  const result = await bench.viewing.run({
    do: "connect",
    port: target.port,
    paths: isProduct ? rooms.map((room) => `/ws/${room}`) : [...bareRooms],
    count,
    acks: isProduct ? "cursor" : null,
    ready: isProduct ? "caught_up" : "open",
    atOnce: CONNECTING_AT_ONCE,
  });
  const [lost] = Object.entries(result.lost);
  if (lost !== undefined) throw new Error(`${lost[1]} viewers could not connect: ${lost[0]}`);
  await settle(bench.quick);
}

/** What the runtime used: of a machine that others use too, this says more than any latency. */
export interface Used {
  /** Cores. */
  cpu: number;
  usPerMessage: number;
  nsPerEvent: number;
}

/** Posts for `seconds` while the connected viewers measure. `path`: how a bare room is to take it. */
export async function fanOut(
  bench: Pick<Bench, "viewing" | "posting">,
  target: Target | ProductTarget,
  how: { points: number; requestsPerSecond: number; seconds: number; path?: string },
): Promise<ViewerResult & Used & { ack: PostResult["latency"] }> {
  const load: Pick<PostJob, "seconds" | "warmupSeconds" | "requestsPerSecond" | "connections"> = {
    connections: 8,
    warmupSeconds: 0,
    seconds: how.seconds,
    requestsPerSecond: how.requestsPerSecond,
  };
  const job =
    "token" in target
      ? pointsJob(target, { ...load, symbols: [ROOM], points: how.points }, "stamp")
      : framesJob(target, { ...load, points: how.points }, [how.path ?? "/"]);
  await bench.viewing.run({ do: "measure" });
  const cpu = cpuSeconds(target.workerdPid);
  const posted = mustAccept(await bench.posting.run(job));
  // The last frames are on the way.
  await wait(1_000);
  const used = cpuSeconds(target.workerdPid) - cpu;
  const result = await bench.viewing.run({ do: "report" });
  return { ...result, ...usedOf(used, result, how.seconds), ack: posted.latency };
}

export function usedOf(cpu: number, seen: ViewerResult, seconds: number): Used {
  return {
    cpu: cpu / seconds,
    usPerMessage: (cpu * 1e6) / seen.messages,
    nsPerEvent: (cpu * 1e9) / seen.events,
  };
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
    const us = [[], []] as number[][];
    // The bare room writes nothing down; beside it, one that commits a row, answers, and sends then.
    const ack = { p50: [[], []] as number[][], p99: [[], []] as number[][] };
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
        us[which]?.push(run.usPerMessage);
        await settle(bench.quick);
        const acks = target === product ? run : await acknowledging(bench, bare, how);
        ack.p50[which]?.push(acks.ack.p50Ms);
        ack.p99[which]?.push(acks.ack.p99Ms);
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
    for (const [quantile, atMost] of [["p50", 4] as const, ["p99", 15] as const]) {
      const [ours = [], theirs = []] = ack[quantile];
      const what = `ack ${quantile} of a room with 1,000 viewers, 10 posts/s`;
      bench.measure(what, "ms", ours, { atMost });
      bench.measure("  bare room that commits a row, answers and then sends", "ms", theirs);
    }
    bench.measure("  processor of workerd a message, product", "us", us[0] ?? []);
    bench.measure("  processor of workerd a message, bare room", "us", us[1] ?? []);
    bench.measure("  CPU of workerd, product", "cores", figures.cpu[0] ?? []);
    bench.measure("  CPU of workerd, bare room", "cores", figures.cpu[1] ?? []);
    bench.note(
      "Publish to receive: from the write of the post in one process to the read of the frame in another, on one monotonic clock; all 1,000 viewers are one process, so the last of them includes the reading of the 999 before it, on both sides alike.",
    );
  },
};

async function acknowledging(bench: Bench, bare: Target, how: Parameters<typeof fanOut>[2]) {
  await connectViewers(bench, bare, VIEWERS);
  const run = await fanOut(bench, bare, { ...how, path: "/?row" });
  await bench.viewing.run({ do: "drop" });
  await settle(bench.quick);
  return run;
}
