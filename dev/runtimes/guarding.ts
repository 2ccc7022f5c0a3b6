import { readdirSync, statSync } from "node:fs";
import { sharesOf } from "../../src/core/limits/descriptor-budget.ts";

/** With fewer than so many a market of some size does not fit, and a moment's crowd takes them all. */
export const FEW_DESCRIPTORS = 8_192;

/** So often it is counted what each runtime has open, in ms. */
export const LOOK_MS = 100;

export interface GuardingDeps {
  /** How many descriptors a runtime may have. */
  limit: number;
  /** Processes of the runtimes, by their numbers. */
  pids(): readonly (number | undefined)[];
  /** How many descriptors a process has open; null where that cannot be told. */
  openIn(pid: number): number | null;
  /** Starts the guard. */
  start(why: "few" | "short", open: number | null): void;
  /** Tells the guard how many the fullest runtime has left. */
  tell(spare: number): void;
}

/**
 * Says when connections are to be accepted by the guard: always where descriptors are few, and where a runtime is about to have
 * none left. Connections that ask nothing are not the Worker's to see, and a runtime ends where it accepts one too many.
 */
export class Guarding {
  readonly #deps: GuardingDeps;
  readonly #shortAt: number;
  readonly #isFew: boolean;
  /** What a runtime had open when it was counted last, by its number. */
  readonly #open = new Map<number, number>();
  #isOn = false;

  constructor(deps: GuardingDeps) {
    this.#deps = deps;
    const { limit, viewersEnd } = sharesOf(deps.limit);
    this.#isFew = limit < FEW_DESCRIPTORS;
    // Half of what viewers leave to connections that come and go.
    this.#shortAt = Math.floor((viewersEnd + limit) / 2);
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Before the first runtime is started. */
  begin(): void {
    if (this.#isFew) this.#start("few", null);
  }

  look(): void {
    const { limit, pids, openIn, tell } = this.#deps;
    let most = 0;
    for (const [runtime, pid] of pids().entries()) {
      const open = pid === undefined ? null : openIn(pid);
      if (open === null) continue;
      this.#open.set(runtime, open);
      most = Math.max(most, open);
    }
    if (this.#isOn) tell(limit - most);
    else if (most > this.#shortAt) this.#start("short", most);
  }

  /** A runtime has died. One that may have died of a crowd comes back guarded. */
  died(runtime: number): void {
    const before = this.#open.get(runtime) ?? 0;
    this.#open.delete(runtime);
    if (!this.#isOn && before > sharesOf(this.#deps.limit).viewersEnd) this.#start("short", before);
  }

  /** False where descriptors are so few that it goes on. */
  end(): boolean {
    if (!this.#isOn || this.#isFew) return false;
    this.#isOn = false;
    this.#open.clear();
    return true;
  }

  #start(why: "few" | "short", open: number | null): void {
    this.#isOn = true;
    this.#deps.start(why, open);
  }
}

/** Linux alone tells it of another process, since 6.2 without making a list of them. */
export function descriptorsOpenIn(pid: number): number | null {
  const folder = `/proc/${pid}/fd`;
  try {
    const { size } = statSync(folder);
    return size > 0 ? size : readdirSync(folder).length;
  } catch {
    return null;
  }
}
