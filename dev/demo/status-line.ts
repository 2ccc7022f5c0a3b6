/** One line that is written over again on a terminal, and now and then a new line elsewhere. */
export class StatusLine {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  readonly #nowMs: () => number;
  readonly #startedMs: number;
  readonly #recent: { atMs: number; events: number }[] = [];
  #lastWriteMs = Number.NEGATIVE_INFINITY;
  #events = 0;
  #trouble = "";

  constructor(write: (text: string) => void, isTerminal: boolean, nowMs: () => number) {
    this.#write = write;
    this.#isTerminal = isTerminal;
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
  }

  pushed(events: number): void {
    const nowMs = this.#nowMs();
    this.#events += events;
    this.#recent.push({ atMs: nowMs, events });
    this.#show(false);
  }

  trouble(trouble: { why: string; waitMs: number } | undefined): void {
    this.#trouble =
      trouble === undefined
        ? ""
        : ` · ${trouble.why}, again in ${(trouble.waitMs / 1_000).toFixed(1)} s`;
    this.#show(true);
  }

  /** Ends the line with the total. */
  end(): void {
    const seconds = (this.#nowMs() - this.#startedMs) / 1_000;
    this.#write(
      `${this.#isTerminal ? "\r\x1b[K" : ""}pushed ${count(this.#events)} events in ${seconds.toFixed(1)} s\n`,
    );
  }

  #show(isUrgent: boolean): void {
    const nowMs = this.#nowMs();
    const everyMs = this.#isTerminal ? 200 : 10_000;
    if (!isUrgent && nowMs - this.#lastWriteMs < everyMs) return;
    this.#lastWriteMs = nowMs;
    const text = `pushed ${count(this.#events)} events, ${count(this.#perSecond(nowMs))} a second${this.#trouble}`;
    this.#write(this.#isTerminal ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Over the last five seconds. */
  #perSecond(nowMs: number): number {
    while (this.#recent[0] !== undefined && nowMs - this.#recent[0].atMs > 5_000)
      this.#recent.shift();
    const sum = this.#recent.reduce((total, { events }) => total + events, 0);
    const seconds = Math.min(5, Math.max(0.2, (nowMs - this.#startedMs) / 1_000));
    return Math.round(sum / seconds);
  }
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
