import { setTimeout as sleep } from "node:timers/promises";
import { numberOf, type WireEvent } from "./numbered-event.ts";

const RETRY_MS = 50;
const WAIT_S = 5;

/** A viewer behind a proxy that lets no WebSocket through: it asks again and again for what came after its cursor. */
export class PollViewer {
  /** Numbers of the events, in the order they came. */
  readonly seen: number[] = [];
  /** What it should never have been told. */
  readonly faults: string[] = [];
  readonly #url: string;
  readonly #abort = new AbortController();
  #cursor = 0;
  #log = "";
  readonly #ended: Promise<void>;

  constructor(url: string, symbol: string) {
    this.#url = `${url}/api/rooms/${encodeURIComponent(symbol)}/events`;
    this.#ended = this.#run();
  }

  get evidence(): { seen: readonly number[]; faults: readonly string[] } {
    return { seen: this.seen, faults: this.faults };
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        const of = this.#log === "" ? "" : `&log=${this.#log}`;
        const answer = await fetch(`${this.#url}?since=${this.#cursor}${of}&wait=${WAIT_S}`, {
          signal: this.#abort.signal,
        });
        if (answer.status === 503 && answer.headers.has("retry-after")) {
          await sleep(RETRY_MS);
          continue;
        }
        if (answer.status !== 200) {
          this.faults.push(`status ${answer.status}: ${await answer.text()}`);
          await sleep(RETRY_MS);
          continue;
        }
        const page = (await answer.json()) as {
          events: WireEvent[];
          cursor: number;
          log?: string;
          complete: boolean;
        };
        if (!page.complete) this.faults.push(`a page after ${this.#cursor} is not complete`);
        if (page.cursor < this.#cursor) {
          this.faults.push(`cursor ${page.cursor} after ${this.#cursor}`);
        }
        this.#cursor = page.cursor;
        this.#log = page.log ?? this.#log;
        for (const event of page.events) this.seen.push(numberOf(event));
      } catch {
        // The server is away, or the answer was cut: the same cursor is asked for again.
        await sleep(RETRY_MS);
      }
    }
  }
}
