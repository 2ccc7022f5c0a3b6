import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What became of one push: its status, or why no answer came. */
export type Pushed = { symbol: string; number: number; outcome: number | string };

/** Producers that post one number after the other, each as soon as the last one is answered: some on a connection that they keep. */
export class SteadyPushes {
  readonly pushed: Pushed[] = [];
  readonly #url: string;
  readonly #token: string;
  readonly #ended: Promise<unknown>;
  #isStopped = false;

  /** Each producer has a symbol. With `fresh` it connects anew for each push, else it keeps its connection. */
  constructor(
    url: string,
    token: string,
    producers: readonly { symbol: string; fresh: boolean }[],
  ) {
    this.#url = url;
    this.#token = token;
    this.#ended = Promise.all(producers.map(({ symbol, fresh }) => this.#produce(symbol, fresh)));
  }

  /** Of those that were not acknowledged: when, and why. */
  get failures(): Pushed[] {
    return this.pushed.filter(({ outcome }) => outcome !== 202);
  }

  numbersOf(symbol: string): number[] {
    return this.pushed.filter((one) => one.symbol === symbol).map(({ number }) => number);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#ended;
  }

  async #produce(symbol: string, fresh: boolean): Promise<void> {
    const agent = fresh ? undefined : new Agent({ keepAlive: true, maxSockets: 1 });
    for (let number = 1; !this.#isStopped; number += 1) {
      const outcome = await this.#post(
        agent,
        JSON.stringify({ symbol, metric: "n", value: number }),
      );
      this.pushed.push({ symbol, number, outcome });
      if (fresh) await sleep(5);
    }
    agent?.destroy();
  }

  #post(agent: Agent | undefined, body: string): Promise<number | string> {
    return new Promise((resolve) => {
      const headers = {
        ...{ authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
        "content-length": Buffer.byteLength(body),
      };
      const options = { method: "POST", headers, agent: agent ?? false };
      const asked = request(`${this.#url}/api/metrics`, options, (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
        answer.on("error", (error) => resolve(error.message));
      });
      asked.on("error", (error) => resolve(error.message));
      asked.end(body);
    });
  }
}
