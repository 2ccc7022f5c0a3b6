import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FIRST_RUNTIME, numbersOfRuntimes } from "../../src/core/placement/ownership.ts";
import { ASSET_ROUTER_SCRIPT, bundleScripts, WORKER_SCRIPT } from "../build/bundle.ts";
import { capnpConfig } from "../build/capnp-config.ts";
import { buildDashboardIfStale } from "../build/dashboard-build.ts";
import { hasFirstEdition, withoutFirstEdition } from "../build/first-edition.ts";
import { readWranglerToml, type WorkerNeeds } from "../build/wrangler-toml.ts";
import { portFile } from "../data-folder/port-file.ts";
import { keptSecret } from "../data-folder/secrets.ts";
import type { Logger } from "../log/log.ts";
import { spawnDatabase } from "../process/database-process.ts";
import { KeptProcess, type KeptProcessDeps } from "../process/kept-process.ts";
import type { ProcessOutput } from "../process/process-log.ts";
import { objectFolder } from "../runtimes/object-folders.ts";
import type { RuntimeSockets } from "../runtimes/open-sockets.ts";
import { hostsAreRearmed, mustRearmHosts, placeHostFiles } from "../runtimes/place-host-files.ts";
import { Runtimes } from "../runtimes/runtimes.ts";
import { hostAndPort, runtimesOf, type Settings } from "./settings.ts";

/** So soon it is tried again to have hosts set their alarms anew, in ms. */
const REARM_AGAIN_MS = 5_000;
/** Until the embedded database has written its checkpoint; it gives up a little sooner itself. In ms. */
const DATABASE_GRACE_MS = 15_000;

export type ProductDeps = {
  projectDir: string;
  settings: Settings;
  sockets: RuntimeSockets;
  /** How many descriptors a runtime may have, where there is a limit. */
  descriptors: number | undefined;
  /** The key tokens are signed with, where this machine has it. */
  jwtSecret: string | undefined;
  log: Logger;
  /** Told what the processes log. */
  output: ProcessOutput;
  /** Told at every start of a process which ones run now. */
  onProcesses: (pids: number[]) => void;
  /** A process died too often: the product cannot go on. */
  onGiveUp: (what: string) => void;
  /** What of the Worker is otherwise than wrangler.toml says, as where a bench counts what it costs. */
  changeNeeds?: (needs: WorkerNeeds) => WorkerNeeds;
};

/** Everything that runs on one machine: the database endpoint, and the runtimes with the Worker in them. */
export class Product {
  readonly #deps: ProductDeps;
  readonly #runDir: string;
  readonly #databaseSecret: string;
  readonly #database: KeptProcess;
  readonly #runtimes: Runtimes;
  /** 0: any. A restart asks for the port it had, so that the runtimes, which know it, need not be restarted too. */
  #databasePort = 0;
  #isStopping = false;
  #databaseReady: () => void = () => {};
  #databaseRefused: (reason: Error) => void = () => {};

  constructor(deps: ProductDeps) {
    this.#deps = deps;
    this.#runDir = join(deps.settings.dataDir, "run");
    this.#databaseSecret = keptSecret(deps.settings.dataDir, "database");
    this.#database = this.#kept(
      { process: "database" },
      {
        spawn: () => this.#spawnDatabase(),
        // Once it has run, rooms take pushes and show them without it, and what they took waits for it (INV-1).
        mayGiveUp: () => this.#databasePort === 0,
      },
    );
    this.#runtimes = new Runtimes({
      ...{ runDir: this.#runDir, sockets: deps.sockets, log: deps.log, output: deps.output },
      withHosts: deps.settings.runtimes,
      descriptors: deps.descriptors,
      configOf: (runtime, isGuarded) => this.#configOf(runtime, isGuarded),
      environmentOf: (runtime, isGuarded) => this.#workerEnvironment(runtime, isGuarded),
      kept: (facts, kept) => this.#kept(facts, kept),
    });
  }

  /** Where the product answers. */
  get url(): string {
    const host = ["0.0.0.0", "::"].includes(this.#deps.settings.host)
      ? "127.0.0.1"
      : this.#deps.settings.host;
    return `http://${hostAndPort(host, this.#deps.sockets.port)}`;
  }

  /**
   * Builds what is stale, starts all processes, and resolves when requests are accepted.
   * @throws where the database cannot be started, with what to do.
   */
  async start(): Promise<void> {
    const { settings } = this.#deps;
    const { dataDir, runtimes } = settings;
    placeHostFiles(dataDir, runtimes);
    for (const runtime of numbersOfRuntimes(runtimesOf(settings))) {
      mkdirSync(objectFolder(dataDir, runtime), { recursive: true, mode: 0o700 });
    }
    const databaseReady = new Promise<void>((resolve, reject) => {
      this.#databaseReady = resolve;
      this.#databaseRefused = reject;
    });
    this.#database.start();
    await Promise.all([databaseReady, this.bundle(), buildDashboardIfStale(this.#deps.projectDir)]);
    await this.#runtimes.start();
    if (mustRearmHosts(dataDir)) void this.#rearmHosts();
  }

  /** Hosts whose files were moved have no alarms. */
  async #rearmHosts(): Promise<void> {
    const { settings, log } = this.#deps;
    for (;;) {
      try {
        await this.#runtimes.rearmHosts();
        hostsAreRearmed(settings.dataDir);
        return;
      } catch (error) {
        if (this.#isStopping) return;
        log.warning("hosts have no alarms yet", { detail: String(error) });
        await sleep(REARM_AGAIN_MS);
      }
    }
  }

  /**
   * Builds anew and puts that to work; false where the product ends before that is done. Rejects where something does not build; what
   * ran goes on then.
   */
  async upgrade(): Promise<boolean> {
    await Promise.all([this.bundle(), buildDashboardIfStale(this.#deps.projectDir)]);
    return this.replaceRuntimes();
  }

  /** Puts the newest bundle to work, runtime after runtime; rooms and viewers live through it as through a deploy. */
  replaceRuntimes(): Promise<boolean> {
    return this.#runtimes.replace();
  }

  async bundle(): Promise<void> {
    mkdirSync(this.#runDir, { recursive: true });
    await bundleScripts(this.#deps.projectDir, this.#needs().main, this.#runDir);
  }

  /** Drains the runtimes, then has the database write everything down. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#runtimes.stop();
    await this.#database.stop(DATABASE_GRACE_MS);
  }

  /** Ends everything this instant. Nothing acknowledged is lost by it. */
  kill(): void {
    this.#isStopping = true;
    this.#runtimes.kill();
    this.#database.kill();
  }

  /** What the first edition left is the first runtime's. */
  get #hasFirstEdition(): boolean {
    return hasFirstEdition(objectFolder(this.#deps.settings.dataDir, FIRST_RUNTIME));
  }

  #needs(): WorkerNeeds {
    const { projectDir, changeNeeds = (needs) => needs } = this.#deps;
    return changeNeeds(readWranglerToml(readFileSync(join(projectDir, "wrangler.toml"), "utf8")));
  }

  #kept(
    facts: { process: string; runtime?: number },
    { spawn, mayGiveUp }: Pick<KeptProcessDeps, "spawn" | "mayGiveUp">,
  ): KeptProcess {
    const { log, onGiveUp, onProcesses } = this.#deps;
    return new KeptProcess({
      spawn: (attempt) => {
        const child = spawn(attempt);
        const others = [this.#database?.pid, ...(this.#runtimes?.pids ?? []), child.pid];
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
          ...facts,
          pid: death.pid,
          how: death.how,
          alive_ms: Math.round(death.aliveMs),
          restart_in_ms: death.restartInMs,
        }),
      onGiveUp: (how) => onGiveUp(`the ${facts.process} process dies again and again (${how})`),
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
          if (moved) void this.replaceRuntimes();
        },
        output: this.#deps.output,
        // Once it has run it is started again all the same: somebody may put it right meanwhile.
        onRefused: (message) => this.#databaseRefused(new Error(message)),
      },
    );
  }

  #configOf(runtime: number, isGuarded: boolean): string {
    const { projectDir, settings, sockets } = this.#deps;
    const all = this.#needs();
    // The other runtimes ask runtime 0 for what the first edition left.
    const needs =
      runtime === FIRST_RUNTIME && this.#hasFirstEdition ? all : withoutFirstEdition(all);
    const isApart = runtime >= settings.runtimes;
    const doors = sockets.doors.map(({ path }, number) => ({ number, address: `unix:${path}` }));
    return capnpConfig(needs, {
      workerScript: WORKER_SCRIPT,
      assetRouterScript: ASSET_ROUTER_SCRIPT,
      assetsDir: join(projectDir, needs.assets.directory),
      objectsDir: objectFolder(settings.dataDir, runtime),
      httpSockets: isGuarded || isApart ? 0 : sockets.publicDescriptors.length,
      isBehindGuard: !isApart,
      peers: doors.filter(({ number }) => number !== runtime),
      fromEnvironment: Object.keys(this.#workerEnvironment(runtime, isGuarded)),
    });
  }

  #workerEnvironment(runtime: number, isGuarded: boolean): Record<string, string> {
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
      FIRST_EDITION: String(this.#hasFirstEdition),
      ...textsOf(runtimesOf(settings)),
      RUNTIME: String(runtime),
      GUARDED: String(isGuarded),
      ...(descriptors !== undefined && { RUNTIME_DESCRIPTORS: String(descriptors) }),
      ...(jwtSecret === undefined ? {} : { JWT_SECRET: jwtSecret }),
      ...(settings.jwtJwksUrl === undefined ? {} : { JWT_JWKS_URL: settings.jwtJwksUrl }),
      ...settings.workerOnly,
    };
  }
}

function textsOf(values: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
