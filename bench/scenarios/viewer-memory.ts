import type { Bench, Scenario } from "../bench.ts";
import { residentBytes } from "../targets/process-figures.ts";
import { type ProductTarget, type Target, wait } from "../targets/target.ts";
import { connectViewers } from "./fan-out.ts";

const WARM_VIEWERS = 100;
const VIEWERS = 2_000;

export const viewerMemory: Scenario = {
  number: 8,
  title: "memory of an idle viewer, against the bare room",
  async run(bench: Bench) {
    const product: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < bench.rounds; round += 1) {
      product.push(await bytesPerViewer(bench, await bench.startProduct()));
      bare.push(await bytesPerViewer(bench, await bench.startBare("room")));
    }
    bench.measure(
      "memory of an idle viewer (resident, of 2,000)",
      "KB",
      product.map((bytes) => bytes / 1_000),
    );
    bench.measure(
      "  bare room",
      "KB",
      bare.map((bytes) => bytes / 1_000),
    );
    bench.measure(
      "  ratio, round by round",
      "x",
      product.map((bytes, round) => bytes / (bare[round] ?? Number.NaN)),
      { atMost: 1.2 },
    );
  },
};

/** Growth of the runtime from the first viewers, who bring the code and the room to life, to the last. */
async function bytesPerViewer(bench: Bench, target: Target | ProductTarget): Promise<number> {
  const settleMs = bench.quick ? 3_000 : 8_000;
  await connectViewers(bench, target, WARM_VIEWERS);
  await wait(settleMs);
  const before = residentBytes(target.workerdPid);
  await connectViewers(bench, target, VIEWERS);
  await wait(settleMs);
  const after = residentBytes(target.workerdPid);
  await bench.viewing.run({ do: "drop" });
  await target.stop();
  return (after - before) / (VIEWERS - WARM_VIEWERS);
}
