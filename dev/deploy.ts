/** `npm run deploy [-- --env staging] [--dry-run] [--no-migrate]`: to Cloudflare, the database first. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { answerHelp } from "./cli/answer-help.ts";
import { deployEnvironments } from "./deploy/deploy-environment.ts";
import { type DeployStep, planDeploy, wranglerEnv } from "./deploy/plan-deploy.ts";

const USAGE = `npm run deploy               to Cloudflare: builds, brings the database to this version, deploys
  --env staging      to another environment of wrangler.toml
  --dry-run          builds and packs, and changes nothing
  --no-migrate       leaves the database as it is

DATABASE_URL is that of the environment's database. CLOUDFLARE_API_TOKEN, or npx wrangler login, says whose account it is.`;
const PROJECT_DIR = new URL("..", import.meta.url).pathname;
const OPTIONS = {
  env: { type: "string", default: "production" },
  "dry-run": { type: "boolean", default: false },
  "no-migrate": { type: "boolean", default: false },
} as const;
/** What Wrangler says of a Worker that was never deployed. */
const NO_WORKER = /10007|not found|does not exist/i;

answerHelp(USAGE);
const options = readOptions();
const environments = deployEnvironments(readFileSync(join(PROJECT_DIR, "wrangler.toml"), "utf8"));
const isDryRun = options["dry-run"];
const plan = planDeploy({
  ...{ environment: options.env, environments, isDryRun, migrates: !options["no-migrate"] },
  secrets: isDryRun || !environments.has(options.env) ? null : secretsOf(options.env),
  databaseUrl: process.env["DATABASE_URL"] || undefined,
  databaseEndpoint: process.env["DATABASE_ENDPOINT"] || undefined,
});
if (plan.kind === "refused")
  fail(`not deployed:\n${plan.problems.map((one) => `- ${one}`).join("\n")}`);
for (const step of plan.steps) {
  console.log(`\n${step.what}`);
  const code = await run(step);
  if (code !== 0)
    fail(`not deployed: "${step.what}" ended with ${code}. Nothing was done after it.`);
}
if (!isDryRun) {
  console.log(
    "\nDeployed. Ask /readyz at its address: the database is met by that, and it says what is amiss.",
  );
}

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function secretsOf(environment: string): string[] {
  const words = ["secret", "list", "--format", "json", ...wranglerEnv(environment)];
  const { status, stdout, stderr } = spawnSync("wrangler", words, {
    cwd: PROJECT_DIR,
    encoding: "utf8",
  });
  if (status === 0) return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
  if (NO_WORKER.test(stdout + stderr)) return [];
  return fail(
    `Cloudflare does not tell of the Worker: npx wrangler login, or set CLOUDFLARE_API_TOKEN\n${stderr.trim() || stdout.trim()}`,
  );
}

async function run({ command: [program, ...words] }: DeployStep): Promise<number | null> {
  const child = spawn(program, words, { cwd: PROJECT_DIR, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", resolve);
  });
}

function fail(problem: string): never {
  console.error(problem);
  process.exit(1);
}
