import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { answerHelp } from "./cli/answer-help.ts";
import { findTarget } from "./cli/push-target.ts";
import { backfill } from "./demo/backfill.ts";
import { pushFile } from "./demo/files/push-file.ts";
import { readFile } from "./demo/files/read-file.ts";
import { runLive } from "./demo/live.ts";
import { machinePoints } from "./demo/machine/machine.ts";
import { watchMachine } from "./demo/machine/read-machine.ts";
import { Market } from "./demo/market/market.ts";
import { POINTS_PER_STEP, stepSeconds } from "./demo/market/metrics.ts";
import { type DemoOptions, readDemoOptions, USAGE } from "./demo/options.ts";
import { type IngestPath, push } from "./demo/push.ts";
import { StatusLine } from "./demo/status-line.ts";

/** A demo may run for as long as the machine does; its token is made anew at each start. */
const TOKEN_SECONDS = 30 * 86_400;
const SELF_INTERVAL_MS = 1_000;

answerHelp(USAGE);

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());

const status = new StatusLine(
  (text) => void process.stdout.write(text),
  process.stdout.isTTY,
  () => performance.now(),
);

try {
  await run(options());
  status.end();
} catch (error) {
  status.end();
  if (!ending.signal.aborted) fail(error);
}

async function run({ job, ...given }: DemoOptions): Promise<void> {
  const target = await findTarget(given, { subject: "demo", ttlSeconds: TOKEN_SECONDS });
  const pushTo = (path: IngestPath, events: readonly object[]) =>
    push(
      {
        fetch,
        sleep,
        random: Math.random,
        newKey: randomUUID,
        onTrouble: (trouble) => status.trouble(trouble),
      },
      target,
      path,
      events,
    );
  const deps = { push: pushTo, sleep, nowUs, onPushed: (events: number) => status.pushed(events) };
  say(`pushing to ${target.url}`);
  switch (job.kind) {
    case "file": {
      if (job.file !== "-" && !existsSync(job.file))
        throw new Error(`--file ${job.file}: there is no such file`);
      const onUnused = (columns: readonly string[]) =>
        say(`columns not used: ${columns.join(", ")}`);
      await pushFile(deps, readFile({ onUnused }, job.file, { symbol: job.symbol }));
      return;
    }
    case "self":
      return await runSelf(deps);
    case "market": {
      const stepS = stepSeconds(job.eventsPerSecond);
      const tradesPerSecond = Math.max(0.1, job.eventsPerSecond - POINTS_PER_STEP / stepS);
      const market = new Market({ seed: job.seed, tradesPerSecond });
      const untilUs = nowUs();
      await backfill(deps, market, untilUs - job.backfillSeconds * 1e6, untilUs);
      return await runLive(deps, market, untilUs, stepS * 1e6);
    }
  }
}

async function runSelf(deps: {
  push: (path: IngestPath, events: readonly object[]) => Promise<void>;
  onPushed: (events: number) => void;
}): Promise<never> {
  const readMachine = watchMachine();
  let before = readMachine().cpu;
  while (true) {
    await sleep(SELF_INTERVAL_MS);
    const reading = readMachine();
    const points = machinePoints(before, reading, nowUs(), hostname());
    before = reading.cpu;
    await deps.push("/api/metrics", points);
    deps.onPushed(points.length);
  }
}

function options(): DemoOptions {
  try {
    return readDemoOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    process.exit(2);
  }
}

function sleep(ms: number): Promise<void> {
  return delay(ms, undefined, { signal: ending.signal });
}

/** Milliseconds are as fine as the clock of the machine is trusted. */
function nowUs(): number {
  return Date.now() * 1_000;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function fail(error: unknown): never {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
