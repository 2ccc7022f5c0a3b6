import { type Bench, mustAccept, pointsJob, type Scenario, settle } from "../bench.ts";
import type { ViewerResult } from "../load/jobs.ts";
import { type ProductTarget, wait } from "../targets/target.ts";
import { connectViewers, ROOM, VIEWERS } from "./fan-out.ts";

const MISSED = 1_000;
const POINTS = 50;

export const reconnect: Scenario = {
  number: 7,
  title: "1,000 viewers come back at once, each with 1,000 missed events",
  async run(bench: Bench) {
    const product = await bench.startProduct();
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
    }
    bench.measure(
      "1,000 viewers back with 1,000 missed events each: until the last is caught up",
      "ms",
      figures.ms,
      { atMost: 1_500 },
    );
    bench.measure("  events missing", "events", figures.lostEvents, { atMost: 0 });
    bench.measure("  events twice or out of order", "events", figures.twice, { atMost: 0 });
    bench.measure("  gaps said", "gaps", figures.gaps, { atMost: 0 });
  },
};

/** 1,000 viewers leave, 1,000 events are posted, and all of them come back at once. */
export async function storm(
  bench: Pick<Bench, "posting" | "viewing" | "quick">,
  product: ProductTarget,
): Promise<ViewerResult> {
  await connectViewers(bench, product, VIEWERS);
  await post(bench, product, 1, 1);
  await wait(500);
  await bench.viewing.run({ do: "drop" });
  await settle(bench.quick);
  await post(bench, product, POINTS, MISSED / POINTS);
  await settle(bench.quick);
  const run = await bench.viewing.run({ do: "reconnect", expectedSerial: MISSED });
  if (Object.keys(run.lost).length > 0) throw new Error(JSON.stringify(run.lost));
  await bench.viewing.run({ do: "drop" });
  await settle(bench.quick);
  return run;
}

/** Numbered posts of one sender, one after the other. */
async function post(
  bench: Pick<Bench, "posting">,
  product: ProductTarget,
  points: number,
  posts: number,
): Promise<void> {
  const requestsPerSecond = 50;
  mustAccept(
    await bench.posting.run(
      pointsJob(
        product,
        {
          symbols: [ROOM],
          points,
          connections: 1,
          warmupSeconds: 0,
          seconds: posts / requestsPerSecond,
          requestsPerSecond,
        },
        "serial",
      ),
    ),
  );
}
