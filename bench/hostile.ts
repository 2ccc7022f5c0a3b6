/**
 * `npm run bench:hostile [-- --rounds 3] [--seed 1]`: processor time that bodies which were made to be dear take, by format: the longest turn
 * between two pauses, and all of it. They are as long as the limits allow, and each also with bytes changed at random.
 */
import { parseArgs } from "node:util";
import { answerHelp } from "../dev/cli/answer-help.ts";
import { type Decode, HOSTILE_FORMATS, LIMITS } from "./hostile/formats.ts";

/** A turn that is longer makes everybody else wait too long. */
const MOST_MS = 100;
const MUTANTS = 3;
const MiB = 1024 * 1024;

answerHelp("npm run bench:hostile [-- --rounds 3] [--seed 1]");

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
  },
});
const random = mulberry32(Number(options.seed));
process.stdout.write("| format | body of 8 MiB | longest turn | in all | memory | changed |\n");
process.stdout.write("| --- | --- | --- | --- | --- | --- |\n");
for (const { name, decode, bodies } of HOSTILE_FORMATS) {
  for (const body of bodies(LIMITS.chars)) {
    const whole = await measured(decode, body.bytes);
    const changed: number[] = [];
    for (let at = 0; at < MUTANTS; at += 1) {
      changed.push((await taken(decode, mutantOf(body.bytes))).longestMs);
    }
    const worst = Math.max(...changed);
    const isOver = Math.max(whole.longestMs, worst) > MOST_MS;
    if (isOver) process.exitCode = 1;
    process.stdout.write(
      `| ${name} | ${body.name} | ${whole.longestMs.toFixed(0)} ms | ${whole.allMs.toFixed(0)} ms | ${(whole.bytes / MiB).toFixed(0)} MiB | ${worst.toFixed(0)} ms |${isOver ? " **over**" : ""}\n`,
    );
  }
}

/** The quickest of some rounds: what others did meanwhile is no fault of the body's. */
async function measured(decode: Decode, bytes: Uint8Array) {
  let best = await taken(decode, bytes);
  for (let round = 1; round < Number(options.rounds); round += 1) {
    const next = await taken(decode, bytes);
    if (next.longestMs < best.longestMs)
      best = { ...next, bytes: Math.max(next.bytes, best.bytes) };
  }
  return best;
}

async function taken(decode: Decode, bytes: Uint8Array) {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const startMs = processorMs();
  let turnMs = startMs;
  let longestMs = 0;
  let most = before;
  const turn = () => {
    longestMs = Math.max(longestMs, processorMs() - turnMs);
    most = Math.max(most, process.memoryUsage().heapUsed);
    turnMs = processorMs();
  };
  // What is no UTF-8 is refused.
  await decode(bytes, async () => turn()).catch((error: unknown) => {
    if (!(error instanceof TypeError)) throw error;
  });
  turn();
  return { longestMs, allMs: processorMs() - startMs, bytes: most - before };
}

/** Of this thread and those that collect for it: the clock would count what others do. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** With a few bytes overwritten, a piece doubled or left out. */
function mutantOf(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  const place = () => Math.floor(random() * changed.length);
  for (let times = 1 + Math.floor(random() * 8); times > 0; times -= 1) {
    const at = place();
    switch (Math.floor(random() * 3)) {
      case 0:
        changed[at] = Math.floor(random() * 256);
        break;
      case 1:
        changed.copyWithin(place(), at, at + Math.floor(random() * 4_096));
        break;
      default:
        changed.copyWithin(at, at + Math.floor(random() * 64));
    }
  }
  return changed;
}

/** https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
