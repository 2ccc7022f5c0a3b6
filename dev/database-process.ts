import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import * as z from "zod";

const readySchema = z.object({ type: z.literal("ready"), port: z.int() });

export type DatabaseProcessSettings = {
  projectDir: string;
  dataDir: string;
  /** Absent: the embedded database. */
  databaseUrl: string | undefined;
  secret: string;
};

/** Starts the process of the database endpoint on `port` (0 = any). `onReady` is told the port it got. */
export function spawnDatabase(
  settings: DatabaseProcessSettings,
  port: number,
  onReady: (port: number) => void,
): ChildProcess {
  const child = fork(join(settings.projectDir, "dev/database/main.ts"), {
    env: {
      ...process.env,
      DATA_DIR: settings.dataDir,
      DATABASE_URL: settings.databaseUrl ?? "",
      DATABASE_PORT: String(port),
      DATABASE_SECRET: settings.secret,
    },
  });
  child.on("message", (message) => {
    const ready = readySchema.safeParse(message);
    if (ready.success) onReady(ready.data.port);
  });
  return child;
}
