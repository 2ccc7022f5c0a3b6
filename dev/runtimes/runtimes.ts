import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FIRST_RUNTIME } from "../../src/core/ownership.ts";
import type { KeptProcess, KeptProcessDeps } from "../kept-process.ts";
import type { Logger } from "../log.ts";
import type { OnLine } from "../process-log.ts";
import { spawnRuntime } from "../runtime-process.ts";
import { Farewell, tell } from "./door-client.ts";
import type { RuntimeSockets } from "./open-sockets.ts";

/** Until a stopped runtime has answered what it had begun; open WebSockets would hold it for ever. In ms. */
const GRACE_MS = 2_000;
/** The same where others hold a connection to it, over which nothing is asked any more: it would never end by itself. */
const GRACE_AMONG_OTHERS_MS = 100;
/** Until a runtime has met its signal and accepts nothing more, in ms. */
const SIGNAL_MS = 50;

export type RuntimesDeps = {
  runDir: string;
  sockets: RuntimeSockets;
  log: Logger;
  onLine: OnLine;
  /** Configuration of a runtime, by its number. */
  configOf: (runtime: number) => string;
  environmentOf: (runtime: number) => Record<string, string>;
  /** Keeps a process alive that `spawn` starts. */
  kept: (
    facts: { process: string; runtime?: number },
    deps: Pick<KeptProcessDeps, "spawn" | "mayGiveUp">,
  ) => KeptProcess;
};

type Runtime = {
  number: number;
  door: string;
  process: KeptProcess;
  /** Resolves when the process that runs now accepts connections. */
  listens: PromiseWithResolvers<void>;
  isListening: boolean;
  hasListened: boolean;
};

/** The runtimes of this machine, each of which is started again alone when it dies. */
export class Runtimes {
  readonly #deps: RuntimesDeps;
  readonly #all: Runtime[];
  #replacing: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(deps: RuntimesDeps) {
    this.#deps = deps;
    const { doors } = deps.sockets;
    this.#all = doors.map(({ path }, number) => {
      const runtime: Runtime = {
        ...{ number, door: path, isListening: false, hasListened: false },
        listens: Promise.withResolvers<void>(),
        process: deps.kept(
          { process: "runtime", ...(doors.length > 1 && { runtime: number }) },
          {
            spawn: () => this.#spawn(runtime),
            // Once it has served, whatever ends it may pass, such as a crowd: viewers come back, and nothing acknowledged is lost.
            mayGiveUp: () => !runtime.hasListened,
          },
        ),
      };
      return runtime;
    });
  }

  get pids(): (number | undefined)[] {
    return this.#all.map(({ process }) => process.pid);
  }

  /** Resolves when all of them accept connections. */
  async start(): Promise<void> {
    for (const { process } of this.#all) process.start();
    await Promise.all(this.#all.map(({ listens }) => listens.promise));
  }

  /**
   * Puts a new process in the place of each, one after the other. Whoever connects meanwhile is answered by the others, or waits:
   * no push is refused. What viewers have they keep, and come back.
   */
  replace(): Promise<void> {
    this.#replacing = this.#replacing.then(async () => {
      for (const runtime of this.#all) if (!this.#isStopped) await this.#replaceOne(runtime);
    });
    return this.#replacing;
  }

  /** Has every host set its alarm anew. */
  async rearmHosts(): Promise<void> {
    await tell(this.#one(FIRST_RUNTIME).door, "rearm-hosts");
  }

  /** Drains them, then ends what still runs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#deps.sockets.release();
    await Promise.all(this.#all.map(({ process }) => process.stop(GRACE_MS)));
  }

  kill(): void {
    this.#isStopped = true;
    for (const { process } of this.#all) process.kill();
  }

  async #replaceOne(runtime: Runtime): Promise<void> {
    const others = this.#all.filter((one) => one !== runtime);
    const graceMs = others.length === 0 ? GRACE_MS : GRACE_AMONG_OTHERS_MS;
    await runtime.process.replace(graceMs, async (terminate) => {
      try {
        await this.#sayFarewell(runtime, others, terminate);
      } catch (error) {
        // It hangs or has just died: whoever asks it is told so.
        this.#deps.log.warning("runtime did not end in good order", {
          ...{ runtime: runtime.number, detail: String(error) },
        });
      }
    });
    await runtime.listens.promise;
    await this.#tellAll(others, `peer-is-back/${runtime.number}`);
  }

  async #sayFarewell(
    { number, door }: Runtime,
    others: readonly Runtime[],
    terminate: () => void,
  ): Promise<void> {
    const farewell = await Farewell.begin(door);
    try {
      await farewell.hear("held");
      terminate();
      await new Promise((resolve) => setTimeout(resolve, SIGNAL_MS));
      farewell.say("go on");
      await farewell.hear("quiet");
      await this.#tellAll(others, `peer-goes/${number}`);
      farewell.say("say good-bye");
      await farewell.hear("done");
    } finally {
      farewell.end();
    }
  }

  /** One that does not hear it is dead, and has nothing under way. */
  async #tellAll(runtimes: readonly Runtime[], command: string): Promise<void> {
    await Promise.all(
      runtimes.map(({ number, door }) =>
        tell(door, command).catch((error: unknown) =>
          this.#deps.log.warning("runtime not told", {
            ...{ runtime: number, command, detail: String(error) },
          }),
        ),
      ),
    );
  }

  #spawn(runtime: Runtime) {
    const { runDir, configOf, environmentOf, sockets, onLine } = this.#deps;
    const { number } = runtime;
    const config = join(runDir, number === 0 ? "config.capnp" : `config-${number}.capnp`);
    writeFileSync(config, configOf(number));
    if (runtime.isListening) runtime.listens = Promise.withResolvers<void>();
    runtime.isListening = false;
    const descriptors = {
      http: sockets.publicDescriptors,
      door: sockets.doors[number]?.descriptor as number,
    };
    const onListening = () => {
      runtime.isListening = true;
      runtime.hasListened = true;
      runtime.listens.resolve();
    };
    return spawnRuntime(config, environmentOf(number), descriptors, onListening, onLine);
  }

  #one(number: number): Runtime {
    const runtime = this.#all[number];
    if (runtime === undefined) throw new Error(`there is no runtime ${number}`);
    return runtime;
  }
}
