import type { FeedAnswer, RelayFeed } from "../../../../src/bindings/relay.ts";
import type { HostName } from "../../../../src/core/placement/placement.ts";
import type { LogId } from "../../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";

/** A client's socket over many rooms, as the model has viewers watch by it. */
export interface StreamOfModel {
  subscribe(symbol: SymbolName, place: { since: Cursor | null; log: LogId | null }): Promise<void>;
  unsubscribe(symbol: SymbolName): Promise<void>;
  acknowledge(far: number): void;
  /** Sends to it fail from here on. */
  break(): void;
}

/** The object that holds streams, and their clients. */
export interface StreamsOfModel {
  alarmAtMs: number | null;
  readonly maySleep: boolean;
  fireAlarm(): void;
  end(): void;
  crash(): void;
  feedOf(host: HostName, feed: RelayFeed): Promise<FeedAnswer>;
  sendDueAcks(): void;
  throwFailure(): void;
}

/** Where there are no streams. */
export const NO_STREAMS: StreamsOfModel = {
  ...{ alarmAtMs: null, maySleep: false },
  fireAlarm: () => undefined,
  end: () => undefined,
  crash: () => undefined,
  feedOf: () => Promise.reject(new Error("there are no streams")),
  sendDueAcks: () => undefined,
  throwFailure: () => undefined,
};
