/** What a runtime has to do of its own accord: the requests that it has accepted. One an isolate. */
class Serving {
  /** Requests begun and not answered. */
  underWay = 0;
  #isHeld = false;

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Requests that come now wait until they are let go on. */
  hold(): void {
    this.#isHeld = true;
  }

  letGoOn(): void {
    this.#isHeld = false;
  }

  async untilLetGoOn(): Promise<void> {
    while (this.#isHeld) await scheduler.wait(LOOK_AGAIN_MS);
  }

  /**
   * Resolves when every request is answered, and for `quietMs` none has come: those of connections that were accepted may not have
   * been read yet. Or after `mostMs`.
   */
  async untilQuiet(quietMs: number, mostMs: number): Promise<void> {
    let quietForMs = 0;
    for (let waitedMs = 0; waitedMs < mostMs; waitedMs += LOOK_AGAIN_MS) {
      if (quietForMs >= quietMs) return;
      await scheduler.wait(LOOK_AGAIN_MS);
      quietForMs = this.underWay > 0 ? 0 : quietForMs + LOOK_AGAIN_MS;
    }
  }
}

const LOOK_AGAIN_MS = 10;

export const serving = new Serving();
