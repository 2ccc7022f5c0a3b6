/**
 * `npm run bench:profile -- --load batches [--seconds 8]`: where the runtime spends its time under a load. Prints the
 * functions and modules of the Worker by their own time (V8), then those of the runtime and the kernel (perf).
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { answerHelp } from "../dev/cli/answer-help.ts";
import { type Bench, EIGHT_SYMBOLS, formJob, numberedSymbols, pointsJob } from "./bench.ts";
import type { FormOfOthers } from "./load/jobs.ts";
import { startPosting, startViewing } from "./load/load-process.ts";
import { moduleFinder, type Share, selfTimes } from "./profile/cpu-profile.ts";
import { Inspector } from "./profile/inspector.ts";
import { nativeProfile } from "./profile/native.ts";
import { startProfiledProduct } from "./profile/profiled-product.ts";
import { setRules } from "./scenarios/alert-rules.ts";
import { connectViewers, fanOut, VIEWERS } from "./scenarios/fan-out.ts";
import { startMarketFeed } from "./scenarios/page/market-feed.ts";
import { storm } from "./scenarios/reconnect.ts";
import { connectLists, WATCH_LIST } from "./scenarios/watch-lists.ts";
import { wait } from "./targets/target.ts";

const ROWS = 25;
const SERVICE = "edgetape";

answerHelp("npm run bench:profile -- --load LOAD [--seconds 8]");

const { values: options } = parseArgs({
  options: {
    load: { type: "string", default: "batches" },
    seconds: { type: "string", default: "8" },
    out: { type: "string" },
  },
});
const seconds = Number(options.seconds);
const product = await startProfiledProduct();
const posting = startPosting();
const viewing = startViewing();
const bench: Pick<Bench, "posting" | "viewing" | "quick"> = { posting, viewing, quick: false };

const one = EIGHT_SYMBOLS.slice(0, 1);
const HUNDRED = numberedSymbols(100);
const post =
  (how: Omit<Parameters<typeof pointsJob>[1], "seconds" | "warmupSeconds">) => async () => {
    await posting.run(pointsJob(product, { ...how, warmupSeconds: 0, seconds }));
  };
const form = (what: FormOfOthers) => async () => {
  const how = { symbols: HUNDRED, symbolsAPost: HUNDRED.length, points: 500, connections: 8 };
  await posting.run(formJob(what, product, { ...how, warmupSeconds: 0, seconds }));
};
const watch = (points: number, requestsPerSecond: number) => async () => {
  await fanOut(bench, product, { points, requestsPerSecond, seconds });
};
const loads: Record<string, () => Promise<void>> = {
  batches: post({ symbols: one, points: 100, connections: 8 }),
  "batches-8": post({ symbols: EIGHT_SYMBOLS, points: 100, connections: 8 }),
  "batches-100": post({ symbols: HUNDRED, symbolsAPost: 100, points: 100, connections: 8 }),
  // Numbered symbols have rules; those of the other loads have not.
  rules: post({ symbols: HUNDRED.slice(0, 1), points: 100, connections: 8 }),
  "rules-100": post({ symbols: HUNDRED, symbolsAPost: 100, points: 100, connections: 8 }),
  single: post({ symbols: one, points: 1, connections: 32 }),
  acks: post({ symbols: EIGHT_SYMBOLS, points: 20, connections: 64, requestsPerSecond: 500 }),
  write: form("write"),
  otlp: form("otlp"),
  influx: form("influx"),
  fanout: watch(5, 10),
  saturation: watch(50, 12),
  storm: async () => {
    await storm(bench, product);
  },
  "watch-lists": () => wait(seconds * 1_000),
};
const load = loads[options.load];
if (load === undefined) throw new Error(`--load is one of ${Object.keys(loads).join(", ")}`);
if (options.load === "fanout" || options.load === "saturation")
  await connectViewers(bench, product, VIEWERS);
const feed = options.load === "watch-lists" ? startMarketFeed(product, "t") : null;
if (feed !== null) {
  await wait(2_000);
  await connectLists(bench, product, WATCH_LIST);
}
if (options.load.startsWith("rules")) await setRules(product);

await load(); // The compiler has its say before anything is counted.
const inspector = await Inspector.open(product.inspectorPort, SERVICE);
await inspector.startProfile();
await load();
const profile = await inspector.stopProfile();
inspector.close();
if (options.out !== undefined) writeFileSync(options.out, JSON.stringify(profile));
const native = await nativeProfile(product.workerdPid, load);

const { functions, modules } = selfTimes(profile, moduleFinder(product.bundle));
const totalMs = functions.reduce((sum, { selfMs }) => sum + selfMs, 0);
print("Functions by their own time", functions);
print("Modules by their own time", modules);
process.stdout.write(`\nRuntime and kernel (perf)\n${native}\n`);
posting.end();
viewing.end();
await feed?.stop();
await product.stop();
process.exit();

function print(title: string, shares: Share[]): void {
  const rows = shares
    .slice(0, ROWS)
    .map(({ name, selfMs }) => `${((selfMs / totalMs) * 100).toFixed(1).padStart(6)} %  ${name}`);
  process.stdout.write(`\n${title} (of ${Math.round(totalMs)} ms)\n${rows.join("\n")}\n`);
}
