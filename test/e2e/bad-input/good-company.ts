import { setTimeout as sleep } from "node:timers/promises";
import { tradeOf } from "../chaos/numbered-event.ts";
import { SocketViewer } from "../chaos/socket-viewer.ts";

const EVERY_MS = 20;

/** The room that must not notice anything. */
export const GOOD_SYMBOL = "GOOD-USD";

/** A producer and a viewer who do everything right, while others do not. */
export class GoodCompany {
  readonly viewer: SocketViewer;
  /** Numbers of the acknowledged trades. */
  readonly acknowledged: number[] = [];
  /** Answers that were not a plain yes. */
  readonly failures: string[] = [];
  readonly #url: string;
  readonly #token: string;
  readonly #ended: Promise<void>;
  #stopped = false;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
    this.viewer = new SocketViewer(url, GOOD_SYMBOL, token);
    this.#ended = this.#push();
  }

  /** Ends the pushes; resolves when the last one has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }

  async #push(): Promise<void> {
    for (let number = 1; !this.#stopped; number += 1) {
      const answer = await fetch(`${this.#url}/api/trades`, {
        method: "POST",
        headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
        body: JSON.stringify(tradeOf(GOOD_SYMBOL, number, undefined)),
      }).catch((error: unknown) => new Response(String(error), { status: 599 }));
      if (answer.status === 202) this.acknowledged.push(number);
      else this.failures.push(`${answer.status} ${await answer.text()}`);
      await answer.arrayBuffer().catch(() => undefined);
      await sleep(EVERY_MS);
    }
  }
}
