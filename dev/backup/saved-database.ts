import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { portFile } from "../data-folder/port-file.ts";
import { clusterOf, EmbeddedPostgres } from "../database/postgres/embedded-postgres.ts";
import { clusterIn } from "../database/postgres/make-cluster.ts";
import { copyCluster } from "./copy-cluster.ts";
import { type BackupDeps, DATA } from "./take-backup.ts";

type SavedDatabase = BackupDeps["database"];

const healthSchema = z.object({ backend: z.enum(["embedded", "postgres"]) });

const HOW_TO_SAVE = `the database is not in DATA_DIR: say by which command it is saved, such as
  npm run backup -- FOLDER --database 'pg_dump -Fc -f "$BACKUP/database.dump" "$DATABASE_URL"'
or, where it can be put back to any moment, --database true`;

/**
 * How the database is saved with the hosts: the embedded one is copied, and of another one a command sees to it.
 *
 * @param isRunning a product runs on the folder; else the embedded database is started for the purpose.
 * @throws {Error} in words.
 */
export async function savedDatabase(options: {
  dataDir: string;
  isRunning: boolean;
  command: string | undefined;
  isElsewhere: boolean;
}): Promise<SavedDatabase> {
  const { dataDir, isRunning, command } = options;
  const isHere = isRunning ? await runsEmbedded(dataDir) : isEmbeddedIn(dataDir, options);
  if (!isHere && command === undefined) throw new Error(HOW_TO_SAVE);
  if (command !== undefined) return byCommand(command);
  const to = (draft: string) => join(draft, DATA, "postgres");
  if (isRunning) {
    return {
      kind: "here",
      save: (draft, look) => copyCluster(clusterOf(dataDir), to(draft), look),
    };
  }
  return {
    kind: "here",
    async save(draft, look) {
      const embedded = await EmbeddedPostgres.open(dataDir, () => undefined);
      try {
        await copyCluster(clusterOf(dataDir), to(draft), look);
      } finally {
        await embedded.stop();
      }
    },
  };
}

function isEmbeddedIn(dataDir: string, { isElsewhere }: { isElsewhere: boolean }): boolean {
  return !isElsewhere && clusterIn(clusterOf(dataDir)).kind === "postgres";
}

async function runsEmbedded(dataDir: string): Promise<boolean> {
  try {
    const port = Number(readFileSync(portFile(dataDir), "utf8"));
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
    return healthSchema.parse(await answer.json()).backend === "embedded";
  } catch {
    throw new Error("the database does not answer: look at the log of npm start, and try again");
  }
}

function byCommand(command: string): SavedDatabase {
  return {
    kind: "apart",
    async save(draft, look) {
      await look();
      const child = spawn("/bin/sh", ["-c", command], {
        env: { ...process.env, BACKUP: draft },
        stdio: ["ignore", "inherit", "inherit"],
      });
      const code = await new Promise((resolve) => child.once("close", resolve));
      if (code !== 0) throw new Error(`the command that saves the database ended with ${code}`);
    },
  };
}
