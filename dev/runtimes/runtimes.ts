import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FIRST_RUNTIME } from "../../src/core/placement/ownership.ts";
import { spawnGuard } from "../guard/guard-process.ts";
import type { Logger } from "../log/log.ts";
import type { KeptProcess, KeptProcessDeps } from "../process/kept-process.ts";
import { type ProcessOutput, readLog } from "../process/process-log.ts";
import { spawnRuntime } from "../process/runtime-process.ts";
import { Farewell, tell } from "./door-client.ts";
import { descriptorsOpenIn, Guarding, LOOK_MS } from "./guarding.ts";
import type { RuntimeSockets } from "./open-sockets.ts";

/** Until a stopped runtime has answered what it had begun; open WebSockets would hold it for ever. In ms. */
const GRACE_MS = 2_000;
/** The same where others hold a connection to it, over which nothing is asked any more: it would never end by itself. */
const GRACE_AMONG_OTHERS_MS = 100;
/** So long a guard that ends says with each answer that it is the last on its connection, in ms. */
const LAST_ANSWERS_MS = 5_000;
/** Until a runtime has met its signal and accepts nothing more, in ms. */
const SIGNAL_MS = 50;

export type RuntimesDeps = {
  runDir: string;
  sockets: RuntimeSockets;
  log: Logger;
  output: ProcessOutput;
  /** How many of them have hosts, and accept what comes from outside; the one behind these has the Writers of all. */
  withHosts: number;
  /** How many descriptors a runtime may have, where there is a limit. */
  descriptors: number | undefined;
  /** Configuration of a runtime, by its number; `isGuarded`: the guard accepts in its place. */
  configOf: (runtime: number, isGuarded: boolean) => string;
  environmentOf: (runtime: number, isGuarded: boolean) => Record<string, string>;
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
  /** The process that runs now accepts from the guard alone. */
  isGuarded: boolean;
  /** Its end is wanted. */
  isLeaving: boolean;
};

/** The runtimes of this machine, each of which is started again alone when it dies. */
export class Runtimes {
  readonly #deps: RuntimesDeps;
  readonly #all: Runtime[];
  readonly #guarding: Guarding | null;
  #guard: { kept: KeptProcess; child: ChildProcess | null } | null = null;
  #looking: NodeJS.Timeout | undefined;
  #replacing: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(deps: RuntimesDeps) {
    this.#deps = deps;
    const { doors } = deps.sockets;
    this.#all = doors.map(({ path }, number) => {
      const runtime: Runtime = {
        ...{ number, door: path, isListening: false, hasListened: false },
        ...{ isGuarded: false, isLeaving: false },
        listens: Promise.withResolvers<void>(),
        process: deps.kept(
          {
            process: number < deps.withHosts ? "runtime" : "writers",
            ...(doors.length > 1 && { runtime: number }),
          },
          {
            spawn: () => this.#spawn(runtime),
            // Once it has served, whatever ends it may pass, such as a crowd: viewers come back, and nothing acknowledged is lost.
            mayGiveUp: () => !runtime.hasListened,
          },
        ),
      };
      return runtime;
    });
    this.#guarding = deps.descriptors === undefined ? null : this.#guardingFor(deps.descriptors);
  }

  get pids(): (number | undefined)[] {
    return [...this.#all.map(({ process }) => process.pid), this.#guard?.kept.pid];
  }

  /** Resolves when all of them accept connections. */
  async start(): Promise<void> {
    const guarding = this.#guarding;
    guarding?.begin();
    for (const { process } of this.#all) process.start();
    await Promise.all(this.#all.map(({ listens }) => listens.promise));
    if (guarding !== null) this.#looking = setInterval(() => guarding.look(), LOOK_MS);
  }

  /**
   * Puts a new process in the place of each, one after the other. Whoever connects meanwhile is answered by the others, or waits:
   * no push is refused. What viewers have they keep, and come back. Where a crowd has had the guard begin, that ends. False where
   * all of them were stopped before that was done.
   */
  async replace(): Promise<boolean> {
    await this.#inTurn(async () => {
      const guard = this.#guarding?.end() === true ? this.#guard : null;
      for (const runtime of this.#all) await this.#replaceOne(runtime, "in good order");
      if (guard === null) return;
      this.#guard = null;
      guard.child?.send({ isLast: true }, () => undefined);
      // Nobody waits for it: a crowd may come again meanwhile.
      setTimeout(() => void guard.kept.stop(GRACE_MS), LAST_ANSWERS_MS).unref();
    });
    return !this.#isStopped;
  }

  /** Has every host set its alarm anew. */
  async rearmHosts(): Promise<void> {
    await tell(this.#one(FIRST_RUNTIME).door, "rearm-hosts");
  }

  /** Drains them, then ends what still runs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#looking);
    this.#deps.sockets.release();
    await Promise.all([
      ...this.#all.map(({ process }) => process.stop(GRACE_MS)),
      this.#guard?.kept.stop(GRACE_MS),
    ]);
  }

  kill(): void {
    this.#isStopped = true;
    clearInterval(this.#looking);
    for (const { process } of this.#all) process.kill();
    this.#guard?.kept.kill();
  }

  #guardingFor(limit: number): Guarding {
    return new Guarding({
      limit,
      pids: () => this.#all.map(({ process }) => process.pid),
      openIn: descriptorsOpenIn,
      start: (why, open) => {
        this.#startGuard(limit);
        if (why === "few") return;
        this.#deps.log.warning("connections are guarded until the next start or SIGHUP", {
          ...{ open, limit, help: "many ask nothing: a proxy in front can end them" },
        });
        void this.#inTurn(async () => {
          for (const runtime of this.#all) {
            if (!runtime.isGuarded) await this.#replaceOne(runtime, "at once");
          }
        });
      },
      // Where it has just died nobody needs to hear it.
      tell: (spare) => void this.#guard?.child?.send({ spare }, () => undefined),
    });
  }

  #startGuard(descriptors: number): void {
    const { sockets, kept, output } = this.#deps;
    const task = { runtimesPath: sockets.guarded.path, descriptors };
    const guard: { kept: KeptProcess; child: ChildProcess | null } = {
      child: null,
      kept: kept(
        { process: "guard" },
        {
          spawn: () => {
            guard.child = spawnGuard({ ...task, ...sockets }, output);
            return guard.child;
          },
          mayGiveUp: () => false,
        },
      ),
    };
    this.#guard = guard;
    guard.kept.start();
  }

  #inTurn(replace: () => Promise<void>): Promise<void> {
    this.#replacing = this.#replacing.then(() => (this.#isStopped ? undefined : replace()));
    return this.#replacing;
  }

  /** `at once`: it is about to have no descriptors left, and must not accept one connection more. */
  async #replaceOne(runtime: Runtime, how: "in good order" | "at once"): Promise<void> {
    if (this.#isStopped) return;
    const others = this.#all.filter((one) => one !== runtime);
    const isLong = others.length === 0 && how === "in good order";
    const graceMs = isLong ? GRACE_MS : GRACE_AMONG_OTHERS_MS;
    runtime.isLeaving = true;
    await runtime.process.replace(graceMs, async (terminate) => {
      try {
        await this.#sayFarewell(runtime, others, terminate, how === "at once");
      } catch (error) {
        if (this.#isStopped) return;
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
    isAtOnce: boolean,
  ): Promise<void> {
    const farewell = await Farewell.begin(door);
    try {
      if (isAtOnce) terminate();
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
        tell(door, command).catch((error: unknown) => {
          if (this.#isStopped) return;
          this.#deps.log.warning("runtime not told", {
            ...{ runtime: number, command, detail: String(error) },
          });
        }),
      ),
    );
  }

  #spawn(runtime: Runtime) {
    const { runDir, configOf, environmentOf, sockets, output, withHosts } = this.#deps;
    const { number } = runtime;
    const isGuarded = this.#guarding?.isOn === true;
    runtime.isGuarded = isGuarded;
    runtime.isLeaving = false;
    const config = join(runDir, number === 0 ? "config.capnp" : `config-${number}.capnp`);
    writeFileSync(config, configOf(number, isGuarded));
    if (runtime.isListening) runtime.listens = Promise.withResolvers<void>();
    runtime.isListening = false;
    const isApart = number >= withHosts;
    const descriptors = {
      http: isGuarded || isApart ? [] : sockets.publicDescriptors,
      guarded: isApart ? null : sockets.guarded.descriptor,
      door: sockets.doors[number]?.descriptor as number,
    };
    const onListening = () => {
      runtime.isListening = true;
      runtime.hasListened = true;
      runtime.listens.resolve();
    };
    const environment = environmentOf(number, isGuarded);
    const child = spawnRuntime(config, environment, descriptors, onListening, output);
    const isOneOfMany = this.#all.length > 1;
    readLog(child, output, { service: "workerd", ...(isOneOfMany && { runtime: number }) });
    child.once("exit", () => {
      if (!runtime.isLeaving && !this.#isStopped) this.#guarding?.died(number);
    });
    return child;
  }

  #one(number: number): Runtime {
    const runtime = this.#all[number];
    if (runtime === undefined) throw new Error(`there is no runtime ${number}`);
    return runtime;
  }
}
