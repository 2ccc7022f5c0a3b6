import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../targets/free-port.ts";
import { wait } from "../targets/target.ts";

/** Where Debian's package postgresql-15 puts the server. */
const BIN = "/usr/lib/postgresql/15/bin";
const START_TIMEOUT_MS = 30_000;

export type PostgresServer = { url: string; stop(): Promise<void> };

/** PostgreSQL 15 with the settings it comes with, on loopback and a folder that goes away; undefined where it is not installed. */
export async function startDebianPostgres(): Promise<PostgresServer | undefined> {
  if (!existsSync(join(BIN, "initdb"))) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "edgetape-bench-postgres-"));
  const user = notRoot();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const cluster = join(folder, "cluster");
  const initdb = ["-D", cluster, "-U", "edgetape", "-A", "trust", "-E", "UTF8", "--no-locale"];
  execFileSync(join(BIN, "initdb"), initdb, { ...user, cwd: folder, stdio: "pipe" });
  const port = await freePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=`];
  const server = spawn(
    join(BIN, "postgres"),
    ["-D", cluster, ...settings.flatMap((setting) => ["-c", setting])],
    { ...user, cwd: folder, stdio: "ignore" },
  );
  const abandon = () => {
    server.kill("SIGQUIT");
    rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", abandon);
  await untilReady(port);
  return {
    url: `postgres://edgetape@127.0.0.1:${port}/postgres`,
    stop: async () => {
      process.off("exit", abandon);
      const ended = new Promise((resolve) => server.once("exit", resolve));
      // Postgres' fast shutdown: it waits for no client.
      server.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(port: number): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      execFileSync(join(BIN, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", String(port)]);
      return;
    } catch {
      if (performance.now() > deadline) throw new Error("PostgreSQL 15 did not start");
      await wait(100);
    }
  }
}

/** Postgres refuses to run as root. */
function notRoot(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8", stdio: "pipe" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}
