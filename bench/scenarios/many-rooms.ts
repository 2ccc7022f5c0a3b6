import {
  type Bench,
  mustAccept,
  numberedSymbols,
  pointsJob,
  type Scenario,
  settle,
} from "../bench.ts";
import { cpuSeconds } from "../targets/process-figures.ts";
import { wait } from "../targets/target.ts";
import { connectViewers } from "./fan-out.ts";

const VIEWERS_A_ROOM = 20;
const EVENTS_A_SECOND = 10;
const SYMBOLS_A_POST = 100;
/** The last one is what the issue asks for. */
const ROOMS = [100, 200, 300, 500];
const P99_LIMIT_MS = 100;

export const manyRooms: Scenario = {
  number: 11,
  title: "rooms with 20 viewers and 10 events/s each, posted 100 symbols a request",
  async run(bench: Bench) {
    for (const count of ROOMS) {
      const product = await bench.startProduct();
      const symbols = numberedSymbols(count);
      const figures = {
        p99: [] as number[],
        ackP99: [] as number[],
        events: [] as number[],
        cpu: [] as number[],
      };
      const seconds = bench.quick ? 5 : 15;
      const requestsPerSecond = (count / SYMBOLS_A_POST) * EVENTS_A_SECOND;
      await connectViewers(bench, product, count * VIEWERS_A_ROOM, symbols);
      for (let round = 0; round < bench.rounds; round += 1) {
        await bench.viewing.run({ do: "measure" });
        const cpu = cpuSeconds(product.workerdPid);
        const job = pointsJob(
          product,
          {
            ...{ symbols, symbolsAPost: SYMBOLS_A_POST, points: SYMBOLS_A_POST },
            ...{ connections: count / SYMBOLS_A_POST, requestsPerSecond },
            ...{ warmupSeconds: 0, seconds },
          },
          "stamp",
        );
        const posted = mustAccept(await bench.posting.run(job));
        figures.cpu.push((cpuSeconds(product.workerdPid) - cpu) / seconds);
        // The last frames are on the way.
        await wait(2_000);
        const seen = await bench.viewing.run({ do: "report" });
        const due = posted.points * VIEWERS_A_ROOM;
        if (seen.events !== due || seen.backward > 0 || seen.gaps > 0) {
          bench.note(
            `${count} rooms: ${seen.events} events of ${due}, ${seen.backward} backward, ${seen.gaps} gaps`,
          );
        }
        figures.events.push(seen.events / seconds);
        figures.p99.push(seen.latency.p99Ms);
        figures.ackP99.push(posted.latency.p99Ms);
        await settle(bench.quick);
      }
      await bench.viewing.run({ do: "drop" });
      await product.stop();
      bench.measure(`publish to receive p99, ${count} rooms`, "ms", figures.p99, {
        atMost: P99_LIMIT_MS,
      });
      bench.measure("  events delivered", "events/s", figures.events);
      bench.measure("  ack p99 meanwhile", "ms", figures.ackP99);
      bench.measure("  CPU of workerd", "cores", figures.cpu);
    }
  },
};
