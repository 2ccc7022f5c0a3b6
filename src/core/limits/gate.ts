/** One that waits and has not looked for so long is gone, in ms. */
const GONE_AFTER_MS = 1_000;

export interface GateClock {
  nowMs(): number;
  wait(ms: number): Promise<void>;
}

/** What a gate lets in. Sums and counts are over few tickets, so they are made anew each time. */
export interface GateRules<Ticket> {
  /** May it go in, beside those that are in? */
  fits(ticket: Ticket, inside: readonly Ticket[]): boolean;
  /** May it wait, beside those that wait? */
  mayWait(ticket: Ticket, waiting: readonly Ticket[]): boolean;
  /** Nobody goes in before those that have waited longer. */
  isInOrder: boolean;
  /** One that went in and ended without a word gives its place back then, in ms. */
  leaseMs: number;
  /** Whoever waits looks again after so long, in ms. */
  lookAgainMs: number;
}

interface Place<Ticket> {
  ticket: Ticket;
  untilMs: number;
}

/**
 * Lets a few in at once and has a few more wait. Whoever waits looks again by its own timer: on Workers no request can be relied on
 * to wake another. A request whose client has gone may never be continued, so no place is for ever.
 */
export class Gate<Ticket> {
  readonly #rules: GateRules<Ticket>;
  readonly #clock: GateClock;
  readonly #inside = new Set<Place<Ticket>>();
  readonly #waiting = new Set<Place<Ticket>>();

  constructor(rules: GateRules<Ticket>, clock: GateClock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  /** Resolves with how to give the place back, or with null where there was none in `patienceMs`, or too many wait already. */
  async enter(ticket: Ticket, patienceMs: number): Promise<(() => void) | null> {
    const { fits, mayWait, isInOrder, leaseMs, lookAgainMs } = this.#rules;
    const deadlineMs = this.#clock.nowMs() + patienceMs;
    const waiter = { ticket, untilMs: 0 };
    for (;;) {
      const nowMs = this.#clock.nowMs();
      const inside = held(this.#inside, nowMs);
      const waiting = held(this.#waiting, nowMs);
      const [first = waiter] = this.#waiting;
      if ((!isInOrder || first === waiter) && fits(ticket, inside)) {
        this.#waiting.delete(waiter);
        const place = { ticket, untilMs: nowMs + leaseMs };
        this.#inside.add(place);
        return () => void this.#inside.delete(place);
      }
      const stays = this.#waiting.has(waiter) || mayWait(ticket, waiting);
      if (nowMs >= deadlineMs || !stays) {
        this.#waiting.delete(waiter);
        return null;
      }
      waiter.untilMs = nowMs + GONE_AFTER_MS;
      this.#waiting.add(waiter);
      await this.#clock.wait(lookAgainMs);
    }
  }
}

/** Tickets of those that hold their places still; the others lose them. */
function held<Ticket>(places: Set<Place<Ticket>>, nowMs: number): Ticket[] {
  for (const place of places) if (place.untilMs <= nowMs) places.delete(place);
  return Array.from(places, ({ ticket }) => ticket);
}
