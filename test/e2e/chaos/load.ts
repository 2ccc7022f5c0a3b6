import { setTimeout as sleep } from "node:timers/promises";
import type { BatchState, Ledger, RetryPolicy, SentBatch } from "./ledger.ts";
import { metricOf, tradeOf } from "./numbered-event.ts";
import type { SeededRandom } from "./seeded-random.ts";

const EVENTS_A_BATCH = 10;
const RETRY_MS = 100;
/** A request without an answer for so long is given up; what it did is then unknown. */
const REQUEST_TIMEOUT_MS = 10_000;
const POLICIES: readonly RetryPolicy[] = ["once", "keyed", "again"];

export type LoadDeps = {
  url: string;
  token: string;
  symbols: readonly string[];
  eventsPerSecond: number;
  ledger: Ledger;
  random: SeededRandom;
};

/** Pushes trades and metrics at a steady rate, whatever the answers, and writes into the ledger what became of them. */
export class Load {
  readonly #deps: LoadDeps;
  readonly #startUs = Date.now() * 1_000;
  readonly #open = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: LoadDeps) {
    this.#deps = deps;
  }

  start(): void {
    const startMs = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - startMs) / 1_000) * this.#deps.eventsPerSecond;
      for (; sent + EVENTS_A_BATCH <= due; sent += EVENTS_A_BATCH) this.#send();
    }, 5);
  }

  /** Sends nothing new; what is under way goes on. */
  pause(): void {
    clearInterval(this.#timer);
  }

  /** Pauses, and resolves when every batch has its state. */
  async stop(): Promise<void> {
    this.pause();
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  #send(): void {
    const { ledger, random } = this.#deps;
    const policy = random.pick(POLICIES);
    const isTrades = policy === "again" || random.next() < 0.5;
    const batch: SentBatch = { policy, numbers: new Map(), state: { kind: "pending" } };
    // Most batches go to one room, some to several: those must be whole in each of them.
    const symbols = random.next() < 0.7 ? [random.pick(this.#deps.symbols)] : this.#deps.symbols;
    const items = Array.from({ length: EVENTS_A_BATCH }, () => {
      const number = ledger.takeNumber();
      const symbol = random.pick(symbols);
      batch.numbers.set(symbol, [...(batch.numbers.get(symbol) ?? []), number]);
      const ts = this.#startUs + number;
      if (!isTrades) return metricOf(symbol, number, ts);
      // Without a key the time is a part of what makes a trade the same trade.
      return tradeOf(symbol, number, policy === "again" ? ts : undefined);
    });
    ledger.batches.push(batch);
    const path = isTrades ? "/api/trades" : "/api/metrics";
    const done = this.#deliver(batch, path, JSON.stringify(items)).finally(() => {
      this.#open.delete(done);
    });
    this.#open.add(done);
  }

  async #deliver(batch: SentBatch, path: string, body: string): Promise<void> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.#deps.token}`,
      "content-type": "application/json",
    };
    if (batch.policy === "keyed") headers["idempotency-key"] = crypto.randomUUID();
    for (let attempt = 0; ; attempt += 1) {
      const startMs = performance.now();
      const answer = await this.#post(path, headers, body);
      if (answer?.status === 202) {
        const { cursors } = (await answer.json()) as { cursors: Record<string, number> };
        batch.state = { kind: "acknowledged", cursors };
        if (attempt === 0) this.#deps.ledger.ackMs.push(performance.now() - startMs);
        return;
      }
      if (batch.policy === "once" || (answer !== null && answer.status < 500)) {
        batch.state = answer === null ? { kind: "unknown" } : await stateOf(answer);
        return;
      }
      // Spread, so that the batches refused together do not come back together.
      const retryAfterS = Number(answer?.headers.get("retry-after") ?? 0);
      await sleep(RETRY_MS + retryAfterS * 1_000 * Math.random());
    }
  }

  /** The answer with its whole body there, or null where none came. */
  async #post(path: string, headers: Record<string, string>, body: string) {
    try {
      const answer = await fetch(`${this.#deps.url}${path}`, {
        ...{ method: "POST", headers, body },
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const bytes = await answer.arrayBuffer();
      return new Response(bytes, { status: answer.status, headers: answer.headers });
    } catch {
      return null;
    }
  }
}

/** Of rooms that found the disk full others may have had room yet (I-1), and of those that began anew nobody knows it (I-22). */
async function stateOf(answer: Response): Promise<BatchState> {
  if (/:(storage-full|room-restarted)/.test(await answer.text())) return { kind: "unknown" };
  const retryAfter = answer.headers.get("retry-after");
  return { kind: "refused", status: answer.status, retryAfter };
}
