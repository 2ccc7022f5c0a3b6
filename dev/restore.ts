/** `npm run restore -- FOLDER`: makes DATA_DIR out of a backup, and sees whether its database starts. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { openDatabase } from "../src/db/driver/database.ts";
import { putBack } from "./backup/put-back.ts";
import { answerHelp } from "./cli/answer-help.ts";
import { takeFolder } from "./data-folder/folder-lock.ts";
import { diagnose } from "./doctor/diagnose.ts";
import { reachDatabase } from "./doctor/reach.ts";
import { reportOf } from "./doctor/report.ts";

const USAGE = `npm run restore -- FOLDER   makes DATA_DIR, which must be empty, out of what npm run backup saved`;
const TIMEOUT_MS = 60_000;

answerHelp(USAGE);
const backup = readArguments();
if (backup === undefined) {
  console.error(USAGE);
  process.exit(2);
}
const dataDir = resolve(process.env["DATA_DIR"] || ".data");
try {
  await restore(backup);
} catch (error) {
  console.error(`not restored: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function readArguments(): string | undefined {
  try {
    const [folder, ...others] = parseArgs({ allowPositionals: true }).positionals;
    return folder === undefined || others.length > 0 ? undefined : resolve(folder);
  } catch {
    return undefined;
  }
}

async function restore(folder: string): Promise<void> {
  const taken = await takeFolder(dataDir);
  if (taken.kind === "busy") throw new Error(`Edgetape runs on ${dataDir} (pid ${taken.pid})`);
  process.on("exit", () => taken.lock.release());
  const manifest = await putBack(folder, dataDir);
  console.log(`${dataDir} is as it was at ${manifest.endedAt}.`);
  if (manifest.database === "here") await examineDatabase();
  else {
    console.log(
      `Put the database back too, as it was at ${manifest.databaseFrom} or later, and start with its DATABASE_URL.`,
    );
  }
  console.log(
    "npm start goes on with it. Hosts then store again what they hold, which changes nothing that is there.",
  );
}

/** Its first start is the one that completes the copy. */
async function examineDatabase(): Promise<void> {
  const reached = await reachDatabase({}, { DATA_DIR: dataDir });
  try {
    const db = openDatabase({ ...reached, use: "keeper", timeoutMs: TIMEOUT_MS });
    const diagnosis = await diagnose(db, Date.now() * 1_000);
    if (diagnosis.kind === "set_up") console.log(`\n${reportOf(diagnosis).text}\n`);
    else console.log(`Its database is of an earlier Edgetape: npm start brings it to this one.`);
  } finally {
    await reached.release();
  }
}
