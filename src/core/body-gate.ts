import type { GateClock } from "./query-gate.ts";

/** Whoever waits looks again after so long, in ms: on Workers no request can be relied on to wake another. */
const LOOK_AGAIN_MS = 5;
/** One that waits and has not looked for so long is gone; one at work gives its place back then. In ms. */
const GONE_AFTER_MS = 1_000;
const LEASE_MS = 30_000;

export interface BodyLimits {
  /** Text that is worked on at once; one body that is longer goes alone. */
  workedOnBytes: number;
  /** Of bodies that were read and wait for their turn. */
  waitingBytes: number;
}

interface Place {
  bytes: number;
  untilMs: number;
}

/**
 * Lets so much text of bodies be worked on at once. What is parsed of a body takes several times its length, and all requests of
 * an isolate share its 128 MB: 24 bodies of 8 MiB ended it. They are taken in the order they came, so that a long one is not
 * passed by short ones for ever. Where one thread does the work, to wait costs nobody anything.
 */
export class BodyGate {
  readonly #limits: BodyLimits;
  readonly #clock: GateClock;
  readonly #atWork = new Set<Place>();
  readonly #waiting = new Set<Place>();

  constructor(limits: BodyLimits, clock: GateClock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Resolves with how to give the place back, or with null where there was none in `patienceMs`, or too much waits already.
   * `bytes`: what its text takes; `heldBytes`: what the body takes while it waits.
   */
  async enter(bytes: number, heldBytes: number, patienceMs: number): Promise<(() => void) | null> {
    const deadlineMs = this.#clock.nowMs() + patienceMs;
    const ticket: Place = { bytes: heldBytes, untilMs: 0 };
    for (;;) {
      const nowMs = this.#clock.nowMs();
      forget(this.#atWork, nowMs);
      forget(this.#waiting, nowMs);
      const [first = ticket] = this.#waiting;
      if (first === ticket && this.#fits(bytes)) {
        this.#waiting.delete(ticket);
        const place = { bytes, untilMs: nowMs + LEASE_MS };
        this.#atWork.add(place);
        return () => void this.#atWork.delete(place);
      }
      const mayWait = this.#waiting.has(ticket) || this.#mayWait(heldBytes);
      if (nowMs >= deadlineMs || !mayWait) {
        this.#waiting.delete(ticket);
        return null;
      }
      ticket.untilMs = nowMs + GONE_AFTER_MS;
      this.#waiting.add(ticket);
      await this.#clock.wait(LOOK_AGAIN_MS);
    }
  }

  #fits(bytes: number): boolean {
    return this.#atWork.size === 0 || bytesOf(this.#atWork) + bytes <= this.#limits.workedOnBytes;
  }

  #mayWait(heldBytes: number): boolean {
    return bytesOf(this.#waiting) + heldBytes <= this.#limits.waitingBytes;
  }
}

function bytesOf(places: ReadonlySet<Place>): number {
  let sum = 0;
  for (const { bytes } of places) sum += bytes;
  return sum;
}

function forget(places: Set<Place>, nowMs: number): void {
  for (const place of places) if (place.untilMs <= nowMs) places.delete(place);
}
