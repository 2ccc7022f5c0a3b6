import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintToken } from "../../dev/cli/mint-token.ts";
import { freePort } from "./free-port.ts";
import { descendants } from "./process-figures.ts";
import { type ProductTarget, wait } from "./target.ts";

const PROJECT_DIR = new URL("../..", import.meta.url).pathname;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** Data that is there already, and stays. */
export type Where = { dataDir: string; databaseUrl: string | undefined };

export type How = {
  where?: Where | undefined;
  runtimes?: number;
  /** Shared hosts, `ROOM_HOSTS`. */
  hosts?: number;
};

/**
 * Starts the product as `npm start` does, on a folder that goes away or on data that is there. One setting differs from the defaults: there is no
 * limit on connects, since a thousand viewers come from one address here.
 */
export async function startProduct({
  where,
  runtimes = 1,
  hosts = 1,
}: How = {}): Promise<ProductTarget> {
  const dir = mkdtempSync(join(tmpdir(), "edgetape-bench-product-"));
  const dataDir = where?.dataDir ?? join(dir, "data");
  const jwtSecret = randomBytes(32).toString("hex");
  const port = await freePort();
  const outputPath = join(dir, "output");
  const output = openSync(outputPath, "w");
  const child = spawn(process.execPath, [join(PROJECT_DIR, "dev/start.ts")], {
    cwd: PROJECT_DIR,
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      ...(where?.databaseUrl === undefined ? {} : { DATABASE_URL: where.databaseUrl }),
      PORT: String(port),
      JWT_SECRET: jwtSecret,
      PUBLIC_READ: "true",
      LIMIT_CONNECTS_PER_MINUTE: "0",
      RUNTIMES: String(runtimes),
      ROOM_HOSTS: String(hosts),
    },
    stdio: ["ignore", output, output],
  });
  const end = () => child.kill("SIGTERM");
  process.on("exit", end);
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });

  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isReady(port))) {
    if (ended || performance.now() > deadline) {
      end();
      throw new Error(`the product did not start:\n${readFileSync(outputPath, "utf8")}`);
    }
    await wait(100);
  }

  const processes = descendants(child.pid ?? 0);
  const runtimePids = processes
    .filter(({ command }) => command.includes("workerd serve"))
    .map(({ pid }) => pid);
  const [workerdPid] = runtimePids;
  const databasePid = processes.find(({ command }) => command.includes("database/main"))?.pid;
  if (workerdPid === undefined || databasePid === undefined) {
    throw new Error(`the product runs without its processes: ${JSON.stringify(processes)}`);
  }
  const environment = environmentOf(workerdPid);
  const token = await mintToken(
    jwtSecret,
    { scopes: ["read", "write", "admin"], ttlSeconds: 24 * 3_600 },
    Math.floor(Date.now() / 1_000),
  );
  return {
    name: "product",
    port,
    workerdPid,
    databasePid,
    runtimePids,
    dataDir,
    token,
    sql: (text, params) => runSql(environment, text, params),
    stop: async () => {
      process.off("exit", end);
      end();
      const giveUp = performance.now() + STOP_TIMEOUT_MS;
      while (!ended && performance.now() < giveUp) await wait(50);
      if (!ended) child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch {
    return false;
  }
}

export function environmentOf(pid: number): Record<string, string> {
  return Object.fromEntries(
    readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

/** The Neon HTTP protocol's smallest request. */
export async function runSql(
  environment: Record<string, string>,
  query: string,
  params: (string | null)[] = [],
): Promise<(string | null)[][]> {
  const url = new URL(environment["DATABASE_URL"] ?? "");
  url.searchParams.set("application_name", "edgetape-writer");
  const response = await fetch(environment["DATABASE_ENDPOINT"] ?? "", {
    method: "POST",
    headers: {
      "Neon-Connection-String": url.href,
      "Neon-Raw-Text-Output": "true",
      "Neon-Array-Mode": "true",
    },
    body: JSON.stringify({ query, params }),
  });
  if (!response.ok) throw new Error(`SQL failed: ${await response.text()}`);
  return ((await response.json()) as { rows: (string | null)[][] }).rows;
}
