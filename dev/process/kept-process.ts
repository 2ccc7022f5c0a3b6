import type { ChildProcess } from "node:child_process";
import { afterDeath, NO_DEATHS, type QuickDeaths } from "./restart-policy.ts";

export type KeptProcessDeps = {
  /** Starts the process; `attempt` counts from 0. */
  spawn: (attempt: number) => ChildProcess;
  /** Milliseconds of a clock that only goes forward. */
  nowMs: () => number;
  /** Calls back after `delayMs`; the answer calls it off. */
  after: (delayMs: number, run: () => void) => () => void;
  onDeath: (death: { pid: number; how: string; aliveMs: number; restartInMs: number }) => void;
  /** False while everything else goes on without this process: it is then started again however often it dies. */
  mayGiveUp: () => boolean;
  /** It died young too often; it will not be started again. */
  onGiveUp: (how: string) => void;
};

/** A child process that is started again when it dies, until it is told to stop or dies young too often. */
export class KeptProcess {
  readonly #deps: KeptProcessDeps;
  #child: ChildProcess | undefined;
  #deaths: QuickDeaths = NO_DEATHS;
  #attempt = 0;
  /** This death is wanted. */
  #replacing = false;
  /** Told to stop for good. */
  #stopped = false;
  #callOff: () => void = () => {};
  /** Resolves when the running process is gone. */
  #gone: Promise<void> = Promise.resolve();

  constructor(deps: KeptProcessDeps) {
    this.#deps = deps;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const startedMs = this.#deps.nowMs();
    const child = this.#deps.spawn(this.#attempt);
    this.#attempt += 1;
    this.#child = child;
    let ended = false;
    const { promise, resolve: isGone } = Promise.withResolvers<void>();
    this.#gone = promise;
    const onEnd = (how: string) => {
      if (ended) return;
      ended = true;
      this.#child = undefined;
      isGone();
      if (!this.#replacing && !this.#stopped)
        this.#onDeath(child.pid ?? 0, how, this.#deps.nowMs() - startedMs);
    };
    child.on("error", (error) => onEnd(error.message));
    child.on("exit", (code, signal) => onEnd(signal === null ? `exit code ${code}` : signal));
  }

  /** Ends the process for good: SIGTERM, and SIGKILL where it still lives after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    await this.#end(graceMs);
  }

  /** Ends the process this instant; what it was doing is lost. */
  kill(): void {
    this.#stopped = true;
    this.#callOff();
    this.#child?.kill("SIGKILL");
  }

  /**
   * Puts a new process in the place of the running one; the death is not counted. `farewell`: what goes before its end; it may have
   * SIGTERM sent in the midst of it.
   */
  async replace(
    graceMs: number,
    farewell: (terminate: () => void) => Promise<void> = async () => undefined,
  ): Promise<void> {
    this.#replacing = true;
    if (this.#child !== undefined) await farewell(() => this.#child?.kill("SIGTERM"));
    await this.#end(graceMs);
    this.#replacing = false;
    if (!this.#stopped) this.start();
  }

  async #end(graceMs: number): Promise<void> {
    this.#callOff();
    const child = this.#child;
    if (child === undefined) return;
    child.kill("SIGTERM");
    const callOff = this.#deps.after(graceMs, () => child.kill("SIGKILL"));
    await this.#gone;
    callOff();
  }

  #onDeath(pid: number, how: string, aliveMs: number): void {
    const decision = afterDeath(this.#deaths, aliveMs, this.#deps.mayGiveUp());
    this.#deaths = decision.deaths;
    if (decision.kind === "give up") {
      this.#deps.onGiveUp(how);
      return;
    }
    this.#deps.onDeath({ pid, how, aliveMs, restartInMs: decision.delayMs });
    this.#callOff = this.#deps.after(decision.delayMs, () => this.start());
  }
}
