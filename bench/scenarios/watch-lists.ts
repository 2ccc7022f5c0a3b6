import { type Bench, framesJob, mustAccept, type Scenario, settle } from "../bench.ts";
import type { ViewerResult } from "../load/jobs.ts";
import { cpuSeconds } from "../targets/process-figures.ts";
import { type Target, wait } from "../targets/target.ts";
import { VIEWERS } from "./fan-out.ts";
import { startMarketFeed } from "./page/market-feed.ts";

/** What the page of the market asks for. */
export const WATCH_LIST =
  "/ws?symbols=*&mode=latest&hz=10&compress=deflate-raw&channels=trade,book,position,alert";
const CONNECTING_AT_ONCE = 100;
const MOST_CORES = 0.6;
/** Of a point in a frame of the bare room. */
const BYTES_A_POINT = 110;

/** What pages of the market ask of the runtime; the bare room sends as many texts of the same size, and does nothing else. */
export const watchLists: Scenario = {
  number: 23,
  title: "1,000 watch lists of 500 symbols, 5,000 events/s, latest at 10 hz",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    const bare = await bench.startBare("room");
    const seconds = bench.quick ? 5 : 15;
    const cores = { product: [] as number[], bare: [] as number[] };
    const perViewer: number[] = [];
    const megabytes = { product: [] as number[], bare: [] as number[] };
    for (let round = 0; round < bench.rounds; round += 1) {
      const feed = startMarketFeed(product, `r${round}-`);
      await wait(2_000);
      await connectLists(bench, product, WATCH_LIST);
      const run = await used(bench, product, () => wait(seconds * 1_000));
      await bench.viewing.run({ do: "drop" });
      await feed.stop();
      cores.product.push(run.cores);
      perViewer.push(run.messages / run.seconds / VIEWERS);
      megabytes.product.push(run.bytes / run.seconds / 1e6);
      await settle(bench.quick);

      await connectLists(bench, bare, "/");
      const points = Math.round(run.bytes / run.messages / BYTES_A_POINT);
      const requestsPerSecond = run.messages / run.seconds / VIEWERS;
      const load = { connections: 1, warmupSeconds: 0, seconds, requestsPerSecond, points };
      const peer = await used(bench, bare, async () => {
        mustAccept(await bench.posting.run(framesJob(bare, load)));
      });
      await bench.viewing.run({ do: "drop" });
      cores.bare.push(peer.cores);
      megabytes.bare.push(peer.bytes / peer.seconds / 1e6);
      await settle(bench.quick);
    }
    bench.measure("processor of the runtime", "cores", cores.product, { atMost: MOST_CORES });
    bench.measure("  bare room that sends as much", "cores", cores.bare);
    bench.measure("  messages a viewer", "/s", perViewer);
    bench.measure("  to all viewers", "MB/s", megabytes.product);
    bench.measure("  of the bare room", "MB/s", megabytes.bare);
  },
};

export async function connectLists(
  { viewing, quick }: Pick<Bench, "viewing" | "quick">,
  target: Target,
  path: string,
): Promise<void> {
  const { lost } = await viewing.run({
    ...{ do: "connect", port: target.port, paths: [path], count: VIEWERS },
    ...{ acks: path === "/" ? null : "messages", ready: "open", atOnce: CONNECTING_AT_ONCE },
  });
  const [first] = Object.entries(lost);
  if (first !== undefined) throw new Error(`${first[1]} viewers could not connect: ${first[0]}`);
  await settle(quick);
}

async function used(
  { viewing }: Bench,
  target: Target,
  during: () => Promise<unknown>,
): Promise<ViewerResult & { cores: number }> {
  await viewing.run({ do: "measure" });
  const before = cpuSeconds(target.workerdPid);
  await during();
  const spent = cpuSeconds(target.workerdPid) - before;
  const result = await viewing.run({ do: "report" });
  const [first] = Object.entries(result.lost);
  if (first !== undefined) throw new Error(`${first[1]} viewers were lost: ${first[0]}`);
  return { ...result, cores: spent / result.seconds };
}
