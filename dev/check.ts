import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildDashboardIfStale } from "./build/dashboard-build.ts";
import { uncitedRules } from "./checks/cited-rules.ts";
import { paperFaults } from "./checks/paper-links.ts";
import { runCommand } from "./checks/run-command.ts";
import { SIZE_BUDGETS, weigh } from "./checks/sizes.ts";
import { type Count, countVitest } from "./checks/vitest-count.ts";
import { answerHelp } from "./cli/answer-help.ts";

/**
 * `npm test`: everything that must hold before a change goes in; `npm run check`, with `--static`: the same without tests.
 * The last line is the count.
 */

answerHelp(`npm test              everything that must hold: the static checks, then every test
npm test -- test/unit narrows the tests, as on vitest's command line
npm run check         the static checks alone`);

const PROJECT_DIR = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const REPORT = join(PROJECT_DIR, "dist/test-report.json");
const LAYERS = [
  "src/core",
  "src",
  "web",
  "dev",
  "bench/bill/worker",
  "test",
  "test/tsconfig.workers.json",
  "test/workerd",
];
const SOURCES = ["src", "durable", "client", "push/node", "web", "dev", "bench", "test"];

type Check = { name: string; run: () => Promise<{ holds: boolean; output: string }> };

const build: Check = {
  name: "the dashboard builds",
  run: async () => ({
    holds: true,
    output: `dashboard ${await buildDashboardIfStale(PROJECT_DIR)}`,
  }),
};
const checks: Check[] = [
  command("format and lint (biome)", ["biome", "ci", "--error-on-warnings", "--colors=off"]),
  ...LAYERS.map((layer) => command(`types of ${layer} (tsc)`, ["tsc", "-p", layer])),
  command("import rules (dependency-cruiser)", [
    "depcruise",
    "--config",
    ".dependency-cruiser.mjs",
    ...SOURCES,
  ]),
  command("dead code (knip)", ["knip", "--treat-config-hints-as-errors"]),
  // They are no TypeScript, and nothing else names what they import.
  command("the bare Workers of the bench build (esbuild)", [
    "esbuild",
    ...["room", "ingest", "forms"].map((name) => `bench/bare/${name}.js`),
    ...["--bundle", "--external:cloudflare:workers", "--format=esm", "--outdir=dist/bare"],
    "--log-level=warning",
  ]),
  faults("every rule of SPEC has a test that cites it", uncitedRules),
  faults("links of the papers lead somewhere", paperFaults),
  command("packs for Cloudflare (wrangler deploy --dry-run)", [
    "wrangler",
    "deploy",
    "--dry-run",
    "--env=",
    "--outdir",
    "dist/worker",
  ]),
];
const sizes: Check[] = SIZE_BUDGETS.map((budget) => ({
  name: `size of the ${budget.what}`,
  run: async () => {
    const { fits, line } = weigh(PROJECT_DIR, budget);
    process.stdout.write(`  ${line}\n`);
    return { holds: fits, output: line };
  },
}));

const startedAtMs = performance.now();
const isStatic = process.argv.includes("--static");
const total: Count = { passed: 0, failed: 0 };
await runAll([build], 1);
// Two at a time, for the machine this must run on has two cores.
await runAll(checks, 2);
await runAll(sizes, 1);
if (!isStatic) add(await runTests(process.argv.slice(2)));
process.stdout.write(`took ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;

function command(name: string, words: readonly [string, ...string[]]): Check {
  return {
    name,
    run: async () => {
      const { exitedWell, output } = await runCommand(PROJECT_DIR, words);
      return { holds: exitedWell, output };
    },
  };
}

/** A check that holds where `find` names no fault, one a line. */
function faults(name: string, find: (projectDir: string) => string[]): Check {
  return {
    name,
    run: async () => {
      const lines = find(PROJECT_DIR);
      return { holds: lines.length === 0, output: lines.join("\n") };
    },
  };
}

async function runAll(list: readonly Check[], atOnce: number): Promise<void> {
  const waiting = [...list];
  const runNext = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const startedMs = performance.now();
      const { holds, output } = await check.run().catch((error: unknown) => {
        return { holds: false, output: error instanceof Error ? error.message : String(error) };
      });
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      process.stdout.write(`${holds ? "ok  " : "FAIL"} ${check.name} (${seconds} s)\n`);
      if (!holds) process.stdout.write(`${output.trimEnd()}\n`);
      add(holds ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runNext));
}

/** Runs vitest, all projects at once; `filters` narrow it as on vitest's own command line. */
async function runTests(filters: readonly string[]): Promise<Count> {
  rmSync(REPORT, { force: true });
  const args = [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${REPORT}`,
    ...filters,
  ];
  const colours = process.stdout.isTTY ? {} : { NO_COLOR: "1" };
  const exitedWell = await new Promise<boolean>((resolve) => {
    const child = spawn("vitest", args, {
      cwd: PROJECT_DIR,
      env: { ...process.env, ...colours },
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.on("error", () => resolve(false));
    child.on("exit", (code) => resolve(code === 0));
  });
  return countVitest(readReport(), exitedWell);
}

function readReport(): string | undefined {
  try {
    return readFileSync(REPORT, "utf8");
  } catch {
    return undefined;
  }
}

function add(count: Count): void {
  total.passed += count.passed;
  total.failed += count.failed;
}
