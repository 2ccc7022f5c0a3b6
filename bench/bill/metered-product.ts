import { randomBytes } from "node:crypto";
import { mintToken } from "../../dev/cli/mint-token.ts";
import { Product } from "../../dev/product/product.ts";
import { readSettings } from "../../dev/product/settings.ts";
import { openSockets } from "../../dev/runtimes/open-sockets.ts";
import { cpuSeconds, descendants, endedChildrenCpuSeconds } from "../targets/process-figures.ts";
import { environmentOf, runSql } from "../targets/product.ts";
import type { Reading } from "./meter.ts";
import { READING_PATH } from "./reading-path.ts";

const PROJECT_DIR = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** What an isolate of Cloudflare may take. */
export const CLOUDFLARE_HEAP_MB = 128;

const WAL_BYTES = "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')";

export interface MeteredProduct {
  port: number;
  token: string;
  read(): Promise<Reading>;
  /** CPU that the runtime and the servers of Postgres have used, in seconds. */
  cpu(): { runtimeS: number; databaseS: number };
  /** What Postgres has written to its log, in bytes. */
  walBytes(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts the product as `npm start` does, in this process, with its Worker metered, on an embedded database in `dataDir`. `heapMb`: of
 * V8, which all objects and requests share, as on Cloudflare; beyond it the runtime ends.
 */
export async function startMetered(
  dataDir: string,
  port: number,
  heapMb: number,
): Promise<MeteredProduct> {
  const jwtSecret = randomBytes(32).toString("hex");
  const environment = {
    ...{ DATA_DIR: dataDir, PORT: String(port), JWT_SECRET: jwtSecret, PUBLIC_READ: "true" },
    ...{ LIMIT_CONNECTS_PER_MINUTE: "0", RUNTIMES: "1" },
  };
  const read = readSettings(environment, PROJECT_DIR);
  if (read.kind === "invalid") throw new Error(read.problems.join("\n"));
  const { settings } = read;
  const sockets = await openSockets(settings);
  const quiet = () => undefined;
  const product = new Product({
    ...{ projectDir: PROJECT_DIR, settings, sockets, descriptors: undefined, jwtSecret },
    log: { info: quiet, warning: quiet, error: (event) => process.stderr.write(`${event}\n`) },
    output: { take: quiet, isWhole: true },
    onProcesses: quiet,
    onGiveUp: (what) => {
      throw new Error(what);
    },
    changeNeeds: (needs) => ({
      ...needs,
      main: "bench/bill/worker/metered-worker.ts",
      v8Flags: [`--max-old-space-size=${heapMb}`],
      // To know on whose account a timer is.
      compatibilityFlags: [...needs.compatibilityFlags, "nodejs_als"],
    }),
  });
  const kill = () => product.kill();
  process.on("exit", kill);
  await product.start();
  const nowS = Math.floor(Date.now() / 1_000);
  const token = await mintToken(jwtSecret, { scopes: ["read", "write"], ttlSeconds: 86_400 }, nowS);
  return {
    port: Number(new URL(product.url).port),
    token,
    read: async () => (await fetch(`${product.url}${READING_PATH}`)).json() as Promise<Reading>,
    cpu: () => cpuOf(process.pid),
    walBytes: async () => {
      const [[bytes] = []] = await runSql(environmentOf(runtimePid()), WAL_BYTES);
      return Number(bytes);
    },
    stop: async () => {
      process.off("exit", kill);
      await product.stop();
    },
  };
}

function runtimePid(): number {
  const found = descendants(process.pid).find(({ command }) => command.includes("workerd serve"));
  if (found === undefined) throw new Error("there is no runtime");
  return found.pid;
}

function cpuOf(pid: number): { runtimeS: number; databaseS: number } {
  let runtimeS = 0;
  let databaseS = 0;
  for (const { pid: child, command } of descendants(pid)) {
    if (command.includes("workerd serve")) runtimeS += cpuSeconds(child);
    // Every process of the server, and not the endpoint that Neon has of its own.
    if (command.startsWith("postgres") || /\/postgres( |$)/.test(command)) {
      databaseS += cpuSeconds(child) + endedChildrenCpuSeconds(child);
    }
  }
  return { runtimeS, databaseS };
}
