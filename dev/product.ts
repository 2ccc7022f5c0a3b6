import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { ASSET_ROUTER_SCRIPT, bundleScripts, WORKER_SCRIPT } from "./bundle.ts";
import { capnpConfig } from "./capnp-config.ts";
import { buildDashboardIfStale } from "./dashboard-build.ts";
import { spawnDatabase } from "./database-process.ts";
import { hasFirstEdition, withoutFirstEdition } from "./first-edition.ts";
import { KeptProcess } from "./kept-process.ts";
import type { Log } from "./log.ts";
import { portFile } from "./port-file.ts";
import type { OnLine } from "./process-log.ts";
import { spawnRuntime } from "./runtime-process.ts";
import { keptSecret } from "./secrets.ts";
import { hostAndPort, type Settings } from "./settings.ts";
import { readWranglerToml, type WorkerNeeds } from "./wrangler-toml.ts";

/** Until a stopped runtime has answered what it had begun; open WebSockets would hold it for ever. In ms. */
const RUNTIME_GRACE_MS = 2_000;
/** Until the embedded database has written its checkpoint; it gives up a little sooner itself. In ms. */
const DATABASE_GRACE_MS = 15_000;

export type ProductDeps = {
  projectDir: string;
  settings: Settings;
  /** How many descriptors the runtime may have, where there is a limit. */
  descriptors: number | undefined;
  /** The key tokens are signed with, where this machine has it. */
  jwtSecret: string | undefined;
  log: Log;
  /** Told what the processes log. */
  onLine: OnLine;
  /** Told at every start of a process which ones run now. */
  onProcesses: (pids: number[]) => void;
  /** A process died too often: the product cannot go on. */
  onGiveUp: (what: string) => void;
  /** What of the Worker is otherwise than wrangler.toml says, as where a bench counts what it costs. */
  changeNeeds?: (needs: WorkerNeeds) => WorkerNeeds;
};

/** Everything that runs on one machine: the database endpoint, and the runtime with the Worker in it. */
export class Product {
  readonly #deps: ProductDeps;
  readonly #runDir: string;
  readonly #databaseSecret: string;
  readonly #database: KeptProcess;
  readonly #runtime: KeptProcess;
  /** 0: any. A restart asks for the port it had, so that the runtime, which knows it, need not be restarted too. */
  #databasePort = 0;
  #port: number;
  #databaseReady: () => void = () => {};
  #databaseRefused: (reason: Error) => void = () => {};
  #runtimeListening: () => void = () => {};
  #hasListened = false;

  constructor(deps: ProductDeps) {
    this.#deps = deps;
    this.#port = deps.settings.port;
    this.#runDir = join(deps.settings.dataDir, "run");
    this.#databaseSecret = keptSecret(deps.settings.dataDir, "database");
    this.#database = this.#kept(
      "database",
      () => this.#spawnDatabase(),
      // Once it has run, rooms take pushes and show them without it, and what they took waits for it (INV-1).
      () => this.#databasePort === 0,
    );
    this.#runtime = this.#kept(
      "runtime",
      () => this.#spawnRuntime(),
      // Once it has served, whatever ends it may pass, such as a crowd: viewers come back, and nothing acknowledged is lost.
      () => !this.#hasListened,
    );
  }

  /** Where the product answers. */
  get url(): string {
    const host = ["0.0.0.0", "::"].includes(this.#deps.settings.host)
      ? "127.0.0.1"
      : this.#deps.settings.host;
    return `http://${hostAndPort(host, this.#port)}`;
  }

  /**
   * Builds what is stale, starts both processes, and resolves when requests are accepted.
   * @throws where the database cannot be started, with what to do.
   */
  async start(): Promise<void> {
    mkdirSync(this.#objectsDir, { recursive: true, mode: 0o700 });
    const databaseReady = new Promise<void>((resolve, reject) => {
      this.#databaseReady = resolve;
      this.#databaseRefused = reject;
    });
    const listening = new Promise<void>((resolve) => {
      this.#runtimeListening = resolve;
    });
    this.#database.start();
    await Promise.all([databaseReady, this.bundle(), buildDashboardIfStale(this.#deps.projectDir)]);
    this.#writeConfig();
    this.#runtime.start();
    await listening;
  }

  async bundle(): Promise<void> {
    mkdirSync(this.#runDir, { recursive: true });
    await bundleScripts(this.#deps.projectDir, this.#needs().main, this.#runDir);
  }

  /** Puts a new bundle to work; rooms and viewers live through it as through a deploy. */
  async restartRuntime(): Promise<void> {
    this.#writeConfig();
    await this.#runtime.replace(RUNTIME_GRACE_MS);
  }

  /** Drains the runtime, then has the database write everything down. */
  async stop(): Promise<void> {
    await this.#runtime.stop(RUNTIME_GRACE_MS);
    await this.#database.stop(DATABASE_GRACE_MS);
  }

  /** Ends everything this instant. Nothing acknowledged is lost by it. */
  kill(): void {
    this.#runtime.kill();
    this.#database.kill();
  }

  get #objectsDir(): string {
    return join(this.#deps.settings.dataDir, "objects");
  }

  #needs(): WorkerNeeds {
    const { projectDir, changeNeeds = (needs) => needs } = this.#deps;
    return changeNeeds(readWranglerToml(readFileSync(join(projectDir, "wrangler.toml"), "utf8")));
  }

  #kept(
    service: string,
    spawn: () => ReturnType<typeof spawnRuntime>,
    mayGiveUp: () => boolean,
  ): KeptProcess {
    const { log, onGiveUp, onProcesses } = this.#deps;
    return new KeptProcess({
      spawn: () => {
        const child = spawn();
        const others = [this.#database?.pid, this.#runtime?.pid, child.pid];
        onProcesses(others.filter((pid) => pid !== undefined));
        return child;
      },
      mayGiveUp,
      nowMs: () => performance.now(),
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
      onDeath: (death) =>
        log.error("process died; starting it again", {
          process: service,
          pid: death.pid,
          how: death.how,
          alive_ms: Math.round(death.aliveMs),
          restart_in_ms: death.restartInMs,
        }),
      onGiveUp: (how) => onGiveUp(`the ${service} process dies again and again (${how})`),
    });
  }

  #spawnDatabase() {
    const { projectDir, settings } = this.#deps;
    return spawnDatabase(
      {
        projectDir,
        dataDir: settings.dataDir,
        databaseUrl: settings.databaseUrl,
        secret: this.#databaseSecret,
      },
      this.#databasePort,
      {
        onReady: (readyPort) => {
          const moved = this.#databasePort !== 0 && this.#databasePort !== readyPort;
          this.#databasePort = readyPort;
          writeFileSync(portFile(settings.dataDir), String(readyPort));
          this.#databaseReady();
          if (moved) void this.restartRuntime();
        },
        onLine: this.#deps.onLine,
        // Once it has run it is started again all the same: somebody may put it right meanwhile.
        onRefused: (message) => this.#databaseRefused(new Error(message)),
      },
    );
  }

  #spawnRuntime() {
    const onListening = (port: number) => {
      // With PORT=0 a restart must come back where the first start was found.
      this.#port = port;
      this.#writeConfig();
      this.#hasListened = true;
      this.#runtimeListening();
    };
    const config = join(this.#runDir, "config.capnp");
    return spawnRuntime(config, this.#workerEnvironment(), onListening, this.#deps.onLine);
  }

  #writeConfig(): void {
    const { projectDir } = this.#deps;
    const all = this.#needs();
    const needs = hasFirstEdition(this.#objectsDir) ? all : withoutFirstEdition(all);
    const config = capnpConfig(needs, {
      workerScript: WORKER_SCRIPT,
      assetRouterScript: ASSET_ROUTER_SCRIPT,
      assetsDir: join(projectDir, needs.assets.directory),
      objectsDir: this.#objectsDir,
      address: hostAndPort(this.#deps.settings.host, this.#port),
      fromEnvironment: Object.keys(this.#workerEnvironment()),
    });
    writeFileSync(join(this.#runDir, "config.capnp"), config);
  }

  #workerEnvironment(): Record<string, string> {
    const { settings, jwtSecret, descriptors } = this.#deps;
    return {
      DATABASE_URL: `postgres://edgetape:${this.#databaseSecret}@127.0.0.1/edgetape`,
      DATABASE_ENDPOINT: `http://127.0.0.1:${this.#databasePort}/sql`,
      PUBLIC_READ: settings.publicRead,
      // Where nobody routes by names in front of us, a name that nobody has named is a trick (DNS rebinding).
      ...(settings.publicRead !== "false" && {
        ALLOWED_HOSTS: isIP(settings.host) === 0 ? settings.host : "localhost",
      }),
      // What Cloudflare says of a client is Cloudflare's word only where Cloudflare says it.
      TRUST_PROXY: "none",
      LOG_LEVEL: settings.logLevel,
      FIRST_EDITION: String(hasFirstEdition(this.#objectsDir)),
      ...(descriptors !== undefined && { RUNTIME_DESCRIPTORS: String(descriptors) }),
      ...(jwtSecret === undefined ? {} : { JWT_SECRET: jwtSecret }),
      ...(settings.jwtJwksUrl === undefined ? {} : { JWT_JWKS_URL: settings.jwtJwksUrl }),
      ...settings.workerOnly,
    };
  }
}
