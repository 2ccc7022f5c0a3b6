import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import * as z from "zod";
import { logStdio, type ProcessOutput, readLog } from "./process-log.ts";

const messageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), port: z.int() }),
  z.object({ type: z.literal("refused"), message: z.string() }),
]);

export type DatabaseProcessSettings = {
  projectDir: string;
  dataDir: string;
  /** Absent: the embedded database. */
  databaseUrl: string | undefined;
  secret: string;
};

export type DatabaseProcessEvents = {
  /** It answers on `port`. */
  onReady: (port: number) => void;
  /** It ends, and would do so again: `message` says what to change. */
  onRefused: (message: string) => void;
  output: ProcessOutput;
};

/** Starts the process of the database endpoint on `port` (0 = any). */
export function spawnDatabase(
  settings: DatabaseProcessSettings,
  port: number,
  events: DatabaseProcessEvents,
): ChildProcess {
  const child = fork(join(settings.projectDir, "dev/database/main.ts"), {
    stdio: ["ignore", ...logStdio(events.output), "ipc"],
    env: {
      ...process.env,
      DATA_DIR: settings.dataDir,
      DATABASE_URL: settings.databaseUrl ?? "",
      DATABASE_PORT: String(port),
      DATABASE_SECRET: settings.secret,
    },
  });
  readLog(child, events.output, { service: "database" });
  child.on("message", (message) => {
    const { success, data } = messageSchema.safeParse(message);
    if (!success) return;
    if (data.type === "ready") events.onReady(data.port);
    else events.onRefused(data.message);
  });
  return child;
}
