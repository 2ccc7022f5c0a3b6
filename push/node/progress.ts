/** What waits until something holds looks again whenever there is news. */
export class Progress {
  readonly #waiters = new Set<() => void>();

  /** Something may hold now. */
  note(): void {
    for (const look of this.#waiters) look();
  }

  /** Resolves once it holds, or after `timeoutMs`, with whether it does. Meanwhile the process does not end. */
  until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    if (holds() || timeoutMs <= 0) return Promise.resolve(holds());
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve(holds());
      };
      const look = () => {
        if (holds()) finish();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#waiters.add(look);
    });
  }
}
