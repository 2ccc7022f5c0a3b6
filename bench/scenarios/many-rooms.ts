import {
  type Bench,
  framesJob,
  mustAccept,
  numberedSymbols,
  pointsJob,
  type Scenario,
  settle,
} from "../bench.ts";
import { cpuSeconds } from "../targets/process-figures.ts";
import { type ProductTarget, type Target, wait } from "../targets/target.ts";
import { connectViewers, usedOf } from "./fan-out.ts";

const VIEWERS_A_ROOM = 20;
const EVENTS_A_SECOND = 10;
const SYMBOLS_A_POST = 100;
/** The last one is what the issue asks for. */
const ROOMS = [100, 200, 300, 500];
/** Descriptors of one runtime with a hard limit of 20,000 are enough for 7,900 viewers. */
const VIEWERS_A_RUNTIME = 7_900;
const P99_LIMIT_MS = 100;

export const manyRooms: Scenario = {
  number: 11,
  title: "rooms with 20 viewers and 10 events/s each, posted 100 symbols a request",
  async run(bench: Bench) {
    for (const count of ROOMS) {
      const runtimes = Math.ceil((count * VIEWERS_A_ROOM) / VIEWERS_A_RUNTIME);
      const startProduct = () => bench.startProduct({ runtimes, hosts: runtimes });
      const seen = async (starting: Promise<ProductTarget | Target>) => {
        const target = await starting;
        const figures = await watch(bench, target, count);
        await target.stop();
        return figures;
      };
      const ours = await seen(startProduct());
      bench.measure(`publish to receive p99, ${count} rooms`, "ms", ours.p99, {
        atMost: P99_LIMIT_MS,
      });
      bench.measure("  events delivered", "events/s", ours.events);
      bench.measure("  ack p99 meanwhile", "ms", ours.ackP99);
      bench.measure("  CPU of workerd", "cores", ours.cpu);
      bench.measure("  processor of workerd an event", "ns", ours.nsPerEvent);
      if (runtimes > 1) {
        bench.note(`${count} rooms: a bare room is one runtime, and has no descriptors for them`);
        continue;
      }
      const bare = await seen(bench.startBare("room"));
      bench.measure("  bare rooms, one for the symbols of a request: p99", "ms", bare.p99);
      const ratios = ours.p99.map((value, round) => value / (bare.p99[round] ?? Number.NaN));
      bench.measure("  ratio, round by round", "x", ratios);
      bench.measure("  processor of workerd an event, bare rooms", "ns", bare.nsPerEvent);
    }
  },
};

type Seen = Record<"p99" | "ackP99" | "events" | "cpu" | "nsPerEvent", number[]>;

async function watch(bench: Bench, target: ProductTarget | Target, count: number): Promise<Seen> {
  const seen: Seen = { p99: [], ackP99: [], events: [], cpu: [], nsPerEvent: [] };
  const symbols = numberedSymbols(count);
  const groups = Array.from({ length: count / SYMBOLS_A_POST }, (_, group) => `/${group}`);
  const load = {
    ...{ connections: groups.length, requestsPerSecond: groups.length * EVENTS_A_SECOND },
    ...{ warmupSeconds: 0, seconds: bench.quick ? 5 : 15 },
  };
  const isProduct = "token" in target;
  const viewers = count * VIEWERS_A_ROOM;
  const pids = "token" in target ? target.runtimePids : [target.workerdPid];
  const usedSeconds = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  await connectViewers(bench, target, viewers, isProduct ? symbols : groups);
  for (let round = 0; round < bench.rounds; round += 1) {
    await bench.viewing.run({ do: "measure" });
    const cpu = usedSeconds();
    const many = { ...load, symbols, symbolsAPost: SYMBOLS_A_POST, points: SYMBOLS_A_POST };
    // A bare room takes one event for the viewers of all symbols that a request would have one for.
    const job = isProduct
      ? pointsJob(target, many, "stamp")
      : framesJob(target, { ...load, points: 1 }, groups);
    const posted = mustAccept(await bench.posting.run(job));
    // The last frames are on the way.
    await wait(2_000);
    const used = usedSeconds() - cpu;
    const result = await bench.viewing.run({ do: "report" });
    const due = posted.requests * SYMBOLS_A_POST * VIEWERS_A_ROOM;
    if (result.events !== due || result.backward > 0 || result.gaps > 0) {
      bench.note(
        `${count} rooms, ${target.name}: ${result.events} events of ${due}, ${result.backward} backward, ${result.gaps} gaps`,
      );
    }
    const { cpu: cores, nsPerEvent } = usedOf(used, result, load.seconds);
    seen.cpu.push(cores);
    seen.nsPerEvent.push(nsPerEvent);
    seen.events.push(result.events / load.seconds);
    seen.p99.push(result.latency.p99Ms);
    seen.ackP99.push(posted.latency.p99Ms);
    await settle(bench.quick);
  }
  await bench.viewing.run({ do: "drop" });
  return seen;
}
