/**
 * `npm run bench:storage -- [--quick] [--sizes 1,10] [--rounds 5] [--url postgres://...] [--only embedded,debian] [--out FILE]`:
 * what is stored, rolled up and read in a second, on the embedded database and on a PostgreSQL 15 that it starts, or on the
 * server of `--url` instead. Sizes are millions of points. Prints a Markdown table and writes every round's value to a file.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { answerHelp } from "../dev/cli/answer-help.ts";
import { type Figure, figureOf, type Measure, saidOf } from "./figure.ts";
import { asMarkdown, machineFacts, type Report } from "./report.ts";
import { startDebianPostgres } from "./storage/debian-postgres.ts";
import { measureLoad, measureQueries, millions } from "./storage/measure-size.ts";
import { openStorage } from "./storage/storage-database.ts";
import { tapeOf } from "./storage/tape.ts";
import { othersCores } from "./targets/others-cpu.ts";

/** Above this the machine is not the bench's alone, and a verdict on a goal means little. */
const QUIET_CORES = 0.1;
/** The same query at more rows may take so many times as long. */
const GROWTH = 1.5;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

answerHelp(
  "npm run bench:storage [-- --quick] [--sizes 1,10] [--rounds 5] [--url postgres://...] [--only embedded,debian] [--out FILE]",
);

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    sizes: { type: "string" },
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "embedded,debian" },
    url: { type: "string" },
    out: { type: "string", default: "dist/bench-storage.json" },
  },
});
const rounds = Number(options.rounds);
const sizes = (options.sizes ?? (options.quick ? "1" : "1,10"))
  .split(",")
  .map((m) => Number(m) * 1e6);
const figures: Figure[] = [];
const notes: string[] = [];
const machine = machineFacts();
let scenario = 0;
const measure: Measure = (what, unit, values, goal) => {
  const figure = figureOf(scenario, what, unit, values, goal);
  figures.push(figure);
  process.stderr.write(`   ${saidOf(figure)}\n`);
};

async function measureDatabase(name: string, serverUrl: string | undefined): Promise<void> {
  const bySize = new Map<number, Map<string, number>>();
  for (const points of sizes) {
    scenario += 1;
    process.stderr.write(`${scenario}. ${name}, ${millions(points)} points\n`);
    const others = await othersCores();
    if (others > QUIET_CORES) {
      notes.push(
        `${scenario} is ROUGH: other programs used ${others.toFixed(2)} cores when it began.`,
      );
    }
    const database = await openStorage(name, serverUrl);
    try {
      const tape = tapeOf(Math.floor(Date.now() / 60_000 - 2) * 60_000_000, points);
      await measureLoad(database, tape, { rounds, measure });
      bySize.set(points, await measureQueries(database, tape, { rounds, measure }));
    } finally {
      await database.remove();
    }
  }
  const [smallest, ...larger] = bySize;
  for (const [points, medians] of larger) {
    for (const [what, ms] of medians) {
      const growth = ms / (smallest?.[1].get(what) ?? Number.NaN);
      measure(
        `${name}: ${what}, at ${millions(points)} to ${millions(smallest?.[0] ?? 0)}`,
        "x",
        [growth],
        {
          atMost: GROWTH,
        },
      );
    }
  }
}

const only = options.only.split(",");
if (options.url !== undefined) {
  await measureDatabase("server", options.url);
} else {
  if (only.includes("embedded")) await measureDatabase("embedded", undefined);
  if (only.includes("debian")) {
    const server = await startDebianPostgres();
    if (server === undefined)
      notes.push("PostgreSQL 15 is not installed here: the embedded one alone was measured.");
    else {
      try {
        await measureDatabase("PostgreSQL 15", server.url);
      } finally {
        await server.stop();
      }
    }
  }
}

const report: Report = {
  takenAt: new Date().toISOString(),
  machine,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
  ...{ rounds, quick: options.quick, figures, notes },
};
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, `${JSON.stringify(report, undefined, 2)}\n`);
process.stdout.write(`${asMarkdown(report)}\nEvery round: ${options.out}\n`);
process.exit();
