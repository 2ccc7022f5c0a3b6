/** `npm run backup -- FOLDER [--database COMMAND]`: hosts and database together, while the product runs or not. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { removeAbandoned } from "./backup/abandoned.ts";
import { megabytes, mustBelongToUs } from "./backup/files.ts";
import { savedDatabase } from "./backup/saved-database.ts";
import { takeBackup, versionIn } from "./backup/take-backup.ts";
import { answerHelp } from "./cli/answer-help.ts";
import { type FolderLock, runningOn, takeFolder } from "./data-folder/folder-lock.ts";
import { environmentOfProduct } from "./data-folder/running-products.ts";
import { identityOf } from "./process/process-identity.ts";

const USAGE = `npm run backup -- FOLDER    saves DATA_DIR, with the embedded database, into a new folder; Edgetape may run
  --database COMMAND   how a Postgres of yours is saved; $BACKUP is the folder. It runs before the hosts are copied

npm run restore -- FOLDER   puts it back`;

const PROJECT_DIR = new URL("..", import.meta.url).pathname;

answerHelp(USAGE);
const given = readArguments();
if (given === undefined) {
  console.error(USAGE);
  process.exit(2);
}
try {
  await run(given);
} catch (error) {
  console.error(`no backup was made: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function readArguments(): { target: string; command: string | undefined } | undefined {
  try {
    const options = { database: { type: "string" } } as const;
    const { positionals, values } = parseArgs({ options, allowPositionals: true });
    const [folder, ...others] = positionals;
    if (folder === undefined || others.length > 0) return undefined;
    return { target: resolve(folder), command: values.database };
  } catch {
    return undefined;
  }
}

async function run({ target, command }: { target: string; command: string | undefined }) {
  const environment = environmentOfProduct(process.env, process.cwd());
  const dataDir = resolve(environment["DATA_DIR"] || ".data");
  if (!existsSync(dataDir)) throw new Error(`${dataDir} is not there: name the folder by DATA_DIR`);
  mustBelongToUs(dataDir);
  const isRunning = runningOn(dataDir) !== undefined;
  const lock = isRunning ? undefined : await lockOf(dataDir);
  process.on("exit", () => lock?.release());
  const isElsewhere = Boolean(environment["DATABASE_URL"]);
  const isThere = (pid: number) => identityOf(pid) !== undefined;
  const parts = await removeAbandoned(dirname(target), { pid: process.pid, isRunning: isThere });
  for (const part of parts) console.log(`${part} was left by a backup that was ended: removed`);
  const startedMs = performance.now();
  const manifest = await takeBackup({
    ...{ dataDir, target, version: versionIn(PROJECT_DIR), now: () => new Date() },
    database: await savedDatabase({ dataDir, isRunning, command, isElsewhere }),
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${target}: ${manifest.files} files, ${megabytes(manifest.bytes)}, in ${seconds} s`);
  console.log(
    "It holds everything that was acknowledged before it began, and the secrets of DATA_DIR.",
  );
  if (manifest.database === "apart") {
    console.log(
      `The database that goes with it must have all that it had at ${manifest.databaseFrom}.`,
    );
  }
}

/** So that nothing starts on it meanwhile. */
async function lockOf(dataDir: string): Promise<FolderLock> {
  const answer = await takeFolder(dataDir);
  if (answer.kind === "busy") throw new Error(`Edgetape is just starting on ${dataDir}: try again`);
  return answer.lock;
}
