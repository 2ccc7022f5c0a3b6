import type { Seat } from "./seat.ts";

export interface SeatTurnsDeps {
  /** The window has no room, or the stream is over: nobody has a turn. */
  mayNot(): boolean;
  /** The room of a seat that had to wait goes on. */
  goOn(seat: Seat): void;
  wait: (ms: number) => Promise<void>;
  keepAwake: (work: Promise<void>) => void;
}

/** Rooms that have a turn before the event loop has one. */
const TURNS_AT_ONCE = 8;

/** Seats of one stream that had to wait: they go on one after another, those first that have waited longest. */
export class SeatTurns {
  readonly #deps: SeatTurnsDeps;
  readonly #waiting = new Set<Seat>();
  #isRunning = false;

  constructor(deps: SeatTurnsDeps) {
    this.#deps = deps;
  }

  add(seat: Seat): void {
    this.#waiting.add(seat);
  }

  drop(seat: Seat): void {
    this.#waiting.delete(seat);
  }

  clear(): void {
    this.#waiting.clear();
  }

  /** Each has a page, until there is no room in the window. */
  begin(): void {
    if (this.#isRunning || this.#waiting.size === 0) return;
    this.#isRunning = true;
    this.#deps.keepAwake(this.#run());
  }

  async #run(): Promise<void> {
    const { mayNot, goOn, wait } = this.#deps;
    try {
      while (this.#waiting.size > 0 && !mayNot()) {
        await wait(0);
        for (const seat of [...this.#waiting].slice(0, TURNS_AT_ONCE)) {
          if (mayNot()) break;
          this.#waiting.delete(seat);
          seat.turnChars = 0;
          goOn(seat);
        }
      }
    } finally {
      this.#isRunning = false;
    }
  }
}
