import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import { tradeOf } from "./numbered-event.ts";
import { PollViewer } from "./poll-viewer.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { SocketViewer } from "./socket-viewer.ts";
import { StoredTape } from "./stored-tape.ts";
import { until } from "./until.ts";
import { violations } from "./verdict.ts";

/** Symbols that are watched, and one that nobody watches: only its own alarm can take its outbox up again. */
export const WATCHED = ["CHAOS-A", "CHAOS/B", "CHAOS.C"] as const;
export const UNWATCHED = "CHAOS-D";
export const SYMBOLS: readonly string[] = [...WATCHED, UNWATCHED];

type Product = { url: string; dataDir: string; output: string };

/** Producers of a steady load, viewers of both kinds for each watched symbol, and what they and Postgres saw. */
export class Market {
  readonly ledger = new Ledger();
  readonly load: Load;
  readonly stored: StoredTape;
  readonly sockets: Map<string, SocketViewer>;
  readonly pollers: Map<string, PollViewer>;
  readonly #url: string;
  readonly #token: string;

  /** `product`: the one that runs now; all of them have the address of the first. */
  constructor(
    product: () => Product,
    token: string,
    random: SeededRandom,
    eventsPerSecond: number,
  ) {
    const { url } = product();
    this.#url = url;
    this.#token = token;
    const { ledger } = this;
    this.load = new Load({ url, token, symbols: SYMBOLS, eventsPerSecond, ledger, random });
    this.stored = new StoredTape(product);
    this.sockets = new Map(WATCHED.map((symbol) => [symbol, new SocketViewer(url, symbol)]));
    this.pollers = new Map(WATCHED.map((symbol) => [symbol, new PollViewer(url, symbol)]));
  }

  /** Resolves when every event acknowledged by now is in Postgres. */
  async untilStored(timeoutMs = 60_000): Promise<void> {
    const missing = new Map(SYMBOLS.map((symbol) => [symbol, this.ledger.acknowledged(symbol)]));
    const name = () =>
      [...missing].map(([symbol, numbers]) => `${numbers.length} of ${symbol}`).join(", ");
    await until(
      "acknowledged events in Postgres",
      async () => {
        for (const [symbol, numbers] of missing) {
          // A database that is just coming back may not answer yet.
          const stored = await this.stored.events(symbol).catch(() => []);
          const there = new Set(stored.map((event) => event.number));
          const left = numbers.filter((number) => !there.has(number));
          if (left.length === 0) missing.delete(symbol);
          else missing.set(symbol, left);
        }
        return missing.size === 0;
      },
      timeoutMs,
    ).catch((error) => {
      throw new Error(`${error instanceof Error ? error.message : error}; missing: ${name()}`);
    });
  }

  /**
   * Ends the load, sends one last trade to each room and waits until it has come everywhere. As order is kept, all else
   * is there by then.
   */
  async settle(): Promise<void> {
    await this.load.stop();
    for (const symbol of SYMBOLS) {
      const number = this.ledger.takeNumber();
      const answer = await fetch(`${this.#url}/api/trades?wait=stored`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${this.#token}`,
          "content-type": "application/json",
        },
        body: JSON.stringify(tradeOf(symbol, number, undefined)),
      });
      if (answer.status !== 200) throw new Error(`last trade: ${answer.status}`);
      const { cursors } = (await answer.json()) as { cursors: Record<string, number> };
      const numbers = new Map([[symbol, [number]]]);
      this.ledger.batches.push({
        policy: "once",
        numbers,
        state: { kind: "acknowledged", cursors },
      });
      for (const viewer of [this.sockets.get(symbol), this.pollers.get(symbol)]) {
        if (viewer === undefined) continue;
        await until(`the last trade of ${symbol} at a viewer`, () => viewer.seen.at(-1) === number);
      }
    }
  }

  /** Every broken promise, over all symbols. After {@link settle}. */
  async violations(): Promise<string[]> {
    const found: string[] = [];
    for (const symbol of SYMBOLS) {
      const stored = await this.stored.events(symbol);
      const socket = this.sockets.get(symbol);
      const poller = this.pollers.get(symbol);
      const viewers = [
        ...(socket === undefined ? [] : [{ name: "socket viewer", ...socket.evidence }]),
        ...(poller === undefined ? [] : [{ name: "poll viewer", ...poller.evidence }]),
      ];
      found.push(...violations(this.ledger, { symbol, stored, viewers }));
      found.push(...(await this.#historyViolations(symbol)));
    }
    return found;
  }

  /** Bars count every stored trade once: each has size 1. */
  async #historyViolations(symbol: string): Promise<string[]> {
    const [row] = await this.stored.rows(
      "select count(*) from trades_live t join symbols y on y.id = t.symbol_id where y.symbol = $1",
      [symbol],
    );
    const path = `/api/history/${encodeURIComponent(symbol)}?interval=1h`;
    const answer = await fetch(`${this.#url}${path}`);
    const { bars } = (await answer.json()) as { bars: { trades: number; volume: number }[] };
    const trades = bars.reduce((sum, bar) => sum + bar.trades, 0);
    const volume = bars.reduce((sum, bar) => sum + bar.volume, 0);
    const expected = Number(row?.[0]);
    if (trades !== expected || volume !== expected) {
      return [`${symbol}: bars hold ${trades} trades of volume ${volume}, not ${expected}`];
    }
    // I-7: a repeat that a room did not know counts until somebody asks once Postgres has it.
    await until(`${expected} as the volume of ${symbol} in the list`, async () => {
      const list = await fetch(`${this.#url}/api/symbols`);
      const { symbols } = (await list.json()) as { symbols: { symbol: string; volume: number }[] };
      return symbols.find((line) => line.symbol === symbol)?.volume === expected;
    });
    return [];
  }

  async stop(): Promise<void> {
    this.load.pause();
    for (const viewer of this.sockets.values()) viewer.stop();
    for (const viewer of this.pollers.values()) await viewer.stop();
  }

  /** One line of figures. */
  summary(): string {
    const { ledger } = this;
    const seen = [...this.sockets.values(), ...this.pollers.values()].map(
      (viewer) => viewer.seen.length,
    );
    const sorted = [...ledger.ackMs].sort((a, b) => a - b);
    const quantile = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1);
    return [
      `${ledger.count("acknowledged")} events acknowledged`,
      `${ledger.count("unknown")} without an answer`,
      `${ledger.count("refused")} refused`,
      `viewers saw ${seen.join(" ")}`,
      `acks p50 ${quantile(0.5)} p99 ${quantile(0.99)} max ${(sorted.at(-1) ?? 0).toFixed(1)} ms`,
    ].join(", ");
  }
}
