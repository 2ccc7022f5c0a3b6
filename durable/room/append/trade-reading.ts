import { decodeFrame, tradeKey } from "../../../src/core/events/encode-events.ts";
import type { LogFrame } from "../../host/log/host-log.ts";

/** Identities of a room's newest trades, as they are read from the log backwards. */
export class TradeReading {
  /** Of each frame those of its trades, the newest frame first. */
  readonly #keys: string[][] = [];
  #events = 0;
  readonly most: number;

  /** It is over once it has gone past so many events. */
  constructor(most: number) {
    this.most = most;
  }

  get isOver(): boolean {
    return this.#events >= this.most;
  }

  /** Oldest first. */
  get keys(): string[] {
    return this.#keys.toReversed().flat();
  }

  /** `count` events that have no trade to be kept. */
  pass(count: number): void {
    this.#events += count;
  }

  take(frames: readonly LogFrame[]): void {
    for (const { text, count } of frames.toReversed()) {
      const keys = decodeFrame(text).map(tradeKey);
      this.#keys.push(keys.filter((key) => key !== null));
      this.#events += count;
    }
  }
}
