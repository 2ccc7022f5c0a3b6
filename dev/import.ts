import { randomUUID } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { EpochUs } from "../src/protocol/words/time.ts";
import { answerHelp } from "./cli/answer-help.ts";
import { findTarget } from "./cli/push-target.ts";
import { BadRowError } from "./demo/files/file-row.ts";
import { pushFile } from "./demo/files/push-file.ts";
import { type PushTarget, push } from "./demo/push.ts";
import { seekableFile } from "./files/seekable-file.ts";
import {
  type BarDefaults,
  type BarRecord,
  onlyPriceOf,
  timeOf,
  timeWords,
} from "./import/bar-record.ts";
import { GUESS_ROWS, guessInterval } from "./import/guess-interval.ts";
import { type ImportOptions, readImportOptions, USAGE } from "./import/options.ts";
import { count, Progress } from "./import/progress.ts";
import { readRecords, unusedOf } from "./import/read-records.ts";
import { readFileTime } from "./import/read-time.ts";
import { barRows, type Survey, survey } from "./import/survey.ts";

/**
 * `npm run import -- FILE --symbol X`: posts the bars of a file. It is read twice, so that nothing is sent of one that is not
 * right, whatever its length. Ends with 0 when all is in Postgres, 1 where it is not, 2 where the command is wrong.
 */

const TOKEN_SECONDS = 86_400;
/** About two minutes with the waits between them. */
const MOST_ATTEMPTS = 12;
const BATCH_ROWS = 5_000;

answerHelp(USAGE);

const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());

const terminal = {
  write: (text: string) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY,
  nowMs: () => performance.now(),
};

try {
  await run(options());
} catch (error) {
  if (ending.signal.aborted) fail("stopped; what is in stays, and the same command goes on", 130);
  fail(error instanceof Error ? error.message : String(error), 1);
}

async function run(given: ImportOptions): Promise<void> {
  if (given.file !== "-" && !existsSync(given.file)) {
    throw new Error(`${given.file}: there is no such file`);
  }
  const target = await findTarget(given, { subject: "import", ttlSeconds: TOKEN_SECONDS });
  const { path, remove } = await seekableFile(given.file, ending.signal);
  try {
    await importFile(path, given, target);
  } finally {
    remove();
  }
}

async function importFile(file: string, given: ImportOptions, target: PushTarget): Promise<void> {
  const nowUs = (Date.now() * 1_000) as EpochUs;
  const { symbol, offsetsUs } = given;
  const defaults = { symbol, offsetsUs, interval: given.interval ?? (await guess(file)) };
  const found = await check(file, defaults, nowUs);
  tell(given.file, found);
  if (found.bad.count > 0 && !given.skipsBad) {
    throw new Error("nothing was sent: mend those rows, or leave them out with --skip-bad");
  }
  if (found.good === 0) throw new Error(`${given.file}: there is nothing to import`);
  nameAfter(symbol, found.named);
  say(`importing to ${target.url}`);

  const progress = new Progress(terminal, { what: "importing", unit: "rows", total: found.good });
  const deps = {
    ...{ fetch, sleep, random: Math.random, newKey: randomUUID, mostAttempts: MOST_ATTEMPTS },
    onTrouble: (trouble: { why: string; waitMs: number } | undefined) => progress.trouble(trouble),
  };
  try {
    await pushFile(
      {
        push: (path, events) => {
          ending.signal.throwIfAborted();
          return push(deps, target, path, events);
        },
        onPushed: (rows) => progress.add(rows),
        batchEvents: BATCH_ROWS,
      },
      barRows(readRecords(file), defaults, nowUs),
    );
  } finally {
    progress.end();
  }
  process.stdout.write(`${count(found.good)} bars are in, in ${progress.seconds.toFixed(1)} s\n`);
}

/** The interval of rows that do not say theirs. Where nothing tells it, the first row that cannot be read may be why. */
async function guess(file: string): Promise<BarDefaults["interval"]> {
  const records: BarRecord[] = [];
  let isSaid = true;
  let unreadable: string | undefined;
  for await (const line of readRecords(file)) {
    if (line.why !== undefined) {
      unreadable ??= new BadRowError(line.line, undefined, line.why).message;
    }
    if (line.record === undefined) continue;
    isSaid &&= "interval" in line.record;
    const { column, text } = timeOf(line.record);
    if (readFileTime(text) === undefined) {
      unreadable ??= new BadRowError(line.line, column, timeWords(text)).message;
    }
    if (records.push(line.record) === GUESS_ROWS) break;
  }
  if (isSaid) return undefined;
  const guessed = guessInterval(records);
  if (guessed.kind === "unknown") {
    const why = `${guessed.why}: say it with --interval`;
    throw new Error(unreadable === undefined ? why : `${unreadable}\n${why}`);
  }
  say(`interval ${guessed.interval}, by how far rows are apart`);
  return guessed.interval;
}

async function check(file: string, defaults: BarDefaults, nowUs: EpochUs): Promise<Survey> {
  const progress = new Progress(terminal, { what: "checking", total: statSync(file).size });
  const onHeader = (names: readonly string[]) => {
    const unused = unusedOf(names);
    if (unused.length > 0) say(`columns not used: ${unused.join(", ")}`);
    const price = onlyPriceOf(names);
    if (price !== undefined)
      say(`each ${price} is a bar with that price for open, high, low and close`);
    if (!names.includes("volume")) say("there is no column volume: it counts as 0");
    if (!names.includes("symbol") && defaults.symbol === undefined) {
      throw new Error("line 1: there is no column symbol; say which it is with --symbol");
    }
  };
  try {
    const records = readRecords(file, { onHeader, onRead: (bytes) => progress.add(bytes) });
    return await survey(records, defaults, nowUs);
  } finally {
    progress.end();
  }
}

/** One symbol of a file may be stored under another name; several would become one. */
function nameAfter(symbol: string | undefined, named: ReadonlySet<string>): void {
  const names = [...named].filter((name) => name !== "");
  if (symbol === undefined || names.length === 0) return;
  if (named.size > 1) {
    const words =
      names.length === 1
        ? `${names[0]} in some rows alone`
        : `${names.slice(0, 3).join(", ")}${names.length > 3 ? " and more" : ""}`;
    throw new Error(
      `nothing was sent: the file names ${words}, and --symbol ${symbol} would make one symbol of all rows: leave it out, or divide the file`,
    );
  }
  if (names[0] !== symbol) say(`the file's ${names[0]} is stored as ${symbol}`);
}

function tell(file: string, found: Survey): void {
  const { good, bad, notOver, symbols, intervals } = found;
  const whose = symbols.size === 1 ? [...symbols][0] : `${count(symbols.size)} symbols`;
  if (good > 0) {
    const [first, last] = [found.firstUs, found.lastUs].map((us) =>
      new Date(us / 1_000).toISOString().replace(/T00:00:00.000Z$|:00.000Z$/, ""),
    );
    say(
      `${file}: ${count(good)} bars of ${whose}, ${[...intervals].join(" and ")}, ${first} to ${last}`,
    );
  }
  if (notOver > 0) say(`${count(notOver)} left out: what they are of is not over yet`);
  for (const line of bad.named) say(line);
  if (bad.count > bad.named.length) say(`and ${count(bad.count - bad.named.length)} more bad rows`);
}

function options(): ImportOptions {
  try {
    return readImportOptions(process.argv.slice(2));
  } catch (error) {
    fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, 2);
  }
}

function sleep(ms: number): Promise<void> {
  return delay(ms, undefined, { signal: ending.signal });
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function fail(text: string, code: number): never {
  say(text);
  process.exit(code);
}
