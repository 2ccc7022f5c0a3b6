/**
 * `npm run bench -- [--only 1,5] [--rounds 5] [--quick] [--out FILE.json]`: starts the product and its bare peers,
 * measures, prints a Markdown table and writes every round's value to a JSON file.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { answerHelp } from "../dev/cli/answer-help.ts";
import type { Bench } from "./bench.ts";
import { type Figure, figureOf, saidOf } from "./figure.ts";
import { startPosting, startViewing } from "./load/load-process.ts";
import { asMarkdown, machineFacts, type Report } from "./report.ts";
import { SCENARIOS } from "./scenarios/all.ts";
import { startBare } from "./targets/bare.ts";
import { othersCores } from "./targets/others-cpu.ts";
import { startProduct } from "./targets/product.ts";
import type { Target } from "./targets/target.ts";
import { startVictoria } from "./targets/victoria.ts";

/** Above this the machine is not the bench's alone, and a verdict on a goal means little. */
const QUIET_CORES = 0.1;

answerHelp("npm run bench [-- --only 1,5] [--rounds 5] [--quick] [--out FILE.json]");

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
    out: { type: "string", default: "bench/results.json" },
  },
});
const only = options.only?.split(",").map(Number);
const rounds = Number(options.rounds);
const figures: Figure[] = [];
const notes: string[] = [];
const machine = machineFacts();
const running: Target[] = [];
const started = async <T extends Target>(starting: Promise<T>): Promise<T> => {
  const target = await starting;
  running.push(target);
  return target;
};

for (const scenario of SCENARIOS) {
  if (only !== undefined && !only.includes(scenario.number)) continue;
  process.stderr.write(`${scenario.number}. ${scenario.title}\n`);
  const others = await othersCores();
  if (others > QUIET_CORES) {
    const said = `Scenario ${scenario.number} is ROUGH: other programs used ${others.toFixed(2)} cores when it began.`;
    notes.push(said);
    process.stderr.write(`   ${said}\n`);
  }
  const posting = startPosting();
  const viewing = startViewing();
  const bench: Bench = {
    rounds,
    quick: options.quick,
    posting,
    viewing,
    startProduct: (how = {}) => started(startProduct(how)),
    startBare: (name) => started(startBare(name)),
    startVictoria: async () => {
      const target = await startVictoria();
      if (target !== null) running.push(target);
      return target;
    },
    measure: (what, unit, values, goal) => {
      const figure = figureOf(scenario.number, what, unit, values, goal);
      figures.push(figure);
      process.stderr.write(`   ${saidOf(figure)}\n`);
    },
    note: (text) => notes.push(text),
  };
  try {
    await scenario.run(bench);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`   FAILED: ${why}\n`);
    notes.push(`Scenario ${scenario.number} failed: ${why.split("\n", 2).join(" ").slice(0, 300)}`);
    process.exitCode = 1;
  }
  posting.end();
  viewing.end();
  for (const target of running.splice(0)) await target.stop();
}

const report: Report = {
  takenAt: new Date().toISOString(),
  machine,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
  rounds,
  quick: options.quick,
  figures,
  notes,
};
writeFileSync(options.out, `${JSON.stringify(report, undefined, 2)}\n`);
process.stdout.write(`${asMarkdown(report)}\nEvery round: ${options.out}\n`);
process.exit();
