/**
 * `npm run db:doctor [-- --url URL [--endpoint URL]]`: what a database is, how large, and how its memory is. Without a URL
 * the one of this machine's product, which may be running or not.
 */
import { parseArgs } from "node:util";
import { openDatabase } from "../src/db/driver/database.ts";
import { failureOf } from "../src/db/driver/database-error.ts";
import { answerHelp } from "./cli/answer-help.ts";
import { diagnose } from "./doctor/diagnose.ts";
import { type Reached, reachDatabase } from "./doctor/reach.ts";
import { reportOf } from "./doctor/report.ts";

const USAGE =
  "usage: npm run db:doctor [-- --url postgres://user:password@host/database [--endpoint https://host/sql]]";
const TIMEOUT_MS = 60_000;

interface Arguments {
  url?: string | undefined;
  endpoint?: string | undefined;
}

function readArguments(): Arguments | undefined {
  try {
    const options = { url: { type: "string" }, endpoint: { type: "string" } } as const;
    const { values } = parseArgs({ options });
    return values.url === undefined || URL.canParse(values.url) ? values : undefined;
  } catch {
    return undefined;
  }
}

answerHelp(USAGE);
const given = readArguments();
if (given === undefined) {
  console.error(USAGE);
  process.exit(2);
}
let reached: Reached | undefined;
try {
  reached = await reachDatabase(given, process.env);
  const db = openDatabase({ ...reached, use: "keeper", timeoutMs: TIMEOUT_MS });
  const report = reportOf(await diagnose(db, Date.now() * 1_000));
  console.log(report.text);
  process.exitCode = report.isWell ? 0 : 1;
} catch (error) {
  const failure = failureOf(error);
  // What keeps it from being reached is told in words; once it is reached, all else is a bug.
  if (failure === null && reached !== undefined) throw error;
  console.error(`the database cannot be examined: ${failure?.detail ?? (error as Error).message}`);
  process.exitCode = 2;
} finally {
  await reached?.release();
}
