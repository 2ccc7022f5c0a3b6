interface Waiter<Of> {
  readonly of: Of;
  readonly over: Promise<void>;
  readonly resolve: () => void;
}

/** Requests that wait for something: each says for what. */
export class Waiters<Of> {
  readonly #waiting = new Set<Waiter<Of>>();

  /** Does anybody wait for such? */
  some(isSuch: (of: Of) => boolean): boolean {
    for (const { of } of this.#waiting) if (isSuch(of)) return true;
    return false;
  }

  add(of: Of): Waiter<Of> {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const waiter = { of, over, resolve };
    this.#waiting.add(waiter);
    return waiter;
  }

  /** It waits no longer. */
  forget(waiter: Waiter<Of>): void {
    this.#waiting.delete(waiter);
  }

  /** Ends the wait for each that is over now. */
  release(isOver: (of: Of) => boolean): void {
    for (const waiter of this.#waiting) {
      if (!isOver(waiter.of)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
