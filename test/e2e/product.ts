import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { mintToken, type TokenClaims } from "../../dev/cli/mint-token.ts";
import { keptSecret } from "../../dev/data-folder/secrets.ts";

export const PROJECT_DIR = fileURLToPath(new URL("../..", import.meta.url));

/** Filled by the first product that ends in good order: that of the template. */
const COMPILE_CACHE_DIR = join(PROJECT_DIR, "dist/e2e-compiled");

/** The database of a killed product may still be ending. */
const REMOVE = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 };

/** The first start of a checkout builds the dashboard and opens a new database. In ms. */
const START_TIMEOUT_MS = 120_000;

export type ProductOptions = {
  dataDir: string;
  /** 0 (any free port) unless a restart must come back where viewers expect it. */
  port?: number;
  environment?: Record<string, string>;
  /** The hard limit of descriptors it is started under; that of the tests where it is absent. */
  descriptors?: number;
  /** Through `npm start`, whose process then gets the signals. */
  throughNpm?: true;
};

/** What a product has printed, in the order it came. */
type Output = { both: string[]; standard: string[]; log: string[] };

/** The real product, as `npm start` starts it, in a process group of its own. */
export class RunningProduct {
  readonly dataDir: string;
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #output: Output;

  constructor(dataDir: string, url: string, child: ChildProcess, output: Output) {
    this.dataDir = dataDir;
    this.url = url;
    this.#child = child;
    this.#output = output;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the product never started");
    return this.#child.pid;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Everything the product has printed, standard output and error in the order they came. */
  get output(): string {
    return this.#output.both.join("");
  }

  /** What of it went to standard output. */
  get standardOutput(): string {
    return this.#output.standard.join("");
  }

  /** The lines that went to standard error, which are those of the log. */
  get logLines(): string[] {
    const lines = this.#output.log.join("").split("\n");
    // The last of them has not come to its end.
    return lines.slice(0, -1);
  }

  /** The processes the supervisor looks after, as its lock names them: for tests that end them one by one. */
  get childPids(): number[] {
    const lock = JSON.parse(readFileSync(join(this.dataDir, "lock.json"), "utf8")) as {
      children: { pid: number }[];
    };
    return lock.children.map(({ pid }) => pid);
  }

  /** A token for this product, good for an hour unless `claims` say otherwise. */
  async token(claims: Partial<TokenClaims> = {}): Promise<string> {
    const secret = keptSecret(this.dataDir, "jwt");
    const nowSeconds = Math.floor(Date.now() / 1000);
    return mintToken(
      secret,
      { scopes: ["read", "write"], ttlSeconds: 3_600, ...claims },
      nowSeconds,
    );
  }

  /** Ends it as an operator does; resolves with the exit code. */
  async stop(): Promise<number | null> {
    return this.signal("SIGTERM");
  }

  /** Sends `signal` to the supervisor alone, and resolves with the exit code when it is gone. */
  async signal(signal: NodeJS.Signals): Promise<number | null> {
    const gone = exitOf(this.#child);
    this.#child.kill(signal);
    return await gone;
  }

  /** kill -9 of the whole process group: what a crash of the machine's session looks like. */
  async killGroup(): Promise<void> {
    const gone = exitOf(this.#child);
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
    await gone;
  }
}

/** Starts the product and resolves when it accepts requests. Rejects with what it printed where it does not. */
export async function startProduct(options: ProductOptions): Promise<RunningProduct> {
  const output: Output = { both: [], standard: [], log: [] };
  const child = spawnProduct(options, output);
  let exited = false;
  void exitOf(child).then(() => {
    exited = true;
  });
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadlineMs && !exited) {
    const url = /Dashboard +(http\S+)\//.exec(output.both.join(""))?.[1];
    if (url !== undefined) return new RunningProduct(options.dataDir, url, child, output);
    await sleep(10);
  }
  if (child.pid !== undefined && !exited) process.kill(-child.pid, "SIGKILL");
  throw new Error(`the product did not start:\n${output.both.join("")}`);
}

/** Starts the product where it is expected to refuse; resolves with its exit code and words. */
export async function startRefused(
  options: ProductOptions,
): Promise<{ code: number | null; output: string }> {
  const output: Output = { both: [], standard: [], log: [] };
  const child = spawnProduct(options, output);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output: output.both.join("") };
}

/** A new data folder under the system's temporary one, with a new database in it, and how to remove it. */
export function temporaryDataDir(): { dataDir: string; remove: () => void } {
  const folder = emptyDataDir();
  const template = inject("dataDirTemplate");
  if (template !== "") cpSync(template, folder.dataDir, { recursive: true });
  return folder;
}

/** The same with nothing in it: what a user's first start finds. */
export function emptyDataDir(): { dataDir: string; remove: () => void } {
  const dataDir = mkdtempSync(join(tmpdir(), "edgetape-"));
  return { dataDir, remove: () => rmSync(dataDir, REMOVE) };
}

function spawnProduct(options: ProductOptions, output: Output): ChildProcess {
  const words = options.throughNpm === true ? ["npm", "start"] : [process.execPath, "dev/start.ts"];
  if (options.descriptors !== undefined) {
    words.unshift("/bin/sh", "-c", `ulimit -n ${options.descriptors}; exec "$0" "$@"`);
  }
  const child = spawn(words[0] as string, words.slice(1), {
    cwd: PROJECT_DIR,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      DATA_DIR: options.dataDir,
      PORT: String(options.port ?? 0),
      // Where Node keeps what it has compiled: a quarter of a start's processor time.
      NODE_COMPILE_CACHE: COMPILE_CACHE_DIR,
      // Whatever the machine has: what the tests look at is one process.
      RUNTIMES: "1",
      ...options.environment,
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => output.both.push(text));
  }
  child.stdout.on("data", (text: string) => output.standard.push(text));
  child.stderr.on("data", (text: string) => output.log.push(text));
  return child;
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  // Not "close": that waits for the output of a runtime which a killed supervisor has left behind.
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}
