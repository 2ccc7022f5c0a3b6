import { mayReturn } from "../src/protocol/socket/close-codes.ts";
import type {
  LatestMessage,
  StreamError,
  StreamMessage,
} from "../src/protocol/streams/server-message.ts";
import { backoffMs } from "./backoff.ts";
import type { TapeDeps } from "./deps.ts";
import { escaped, StreamSocket } from "./stream-socket.ts";
import { latestUrl } from "./stream-urls.ts";
import type { Token } from "./token.ts";

/** A socket that held for so long was a good one: the next attempt is the first again, in ms. */
const STABLE_MS = 10_000;

export interface LatestStreamOptions {
  /** As for `openTape`. */
  baseUrl: string;
  /** A function is asked for another one before the one there is ends, and the socket stays. */
  token?: Token;
  /** Symbols, and patterns in which `*` is any run of characters and one behind a backslash itself: 500 in all. */
  symbols: readonly string[];
  /** At most so many times a second, 1 to 20; 10 where it is absent. */
  hz?: number;
  /** These alone: `trade`, `metric:cpu*` (SPEC ST-9). */
  channels?: readonly string[];
  /**
   * What has changed since the last call, by room: the newest event of each key. Where a room is `whole` these are all its values, and what was
   * told of it before holds no more.
   */
  onLatest(latest: LatestMessage): void;
  /** What cannot be watched, and is not asked for again: a symbol that the token does not cover, or one more than 500. */
  onRefused?(refusal: Refusal): void;
  onStatus?(status: StreamStatus): void;
}

/** What cannot be watched, and why. */
export type Refusal = Pick<StreamError, "symbol" | "code" | "message">;

export type StreamStatus =
  | { kind: "connecting" | "live" }
  /** `failures`: attempts in a row, the last of them is over. */
  | { kind: "reconnecting"; failures: number }
  | { kind: "closed"; code: number; reason: string };

export interface LatestStream {
  status(): StreamStatus;
  close(): void;
}

/**
 * The last values of many symbols over one socket (SPEC ST-10), for as long as it takes, and nothing where there is none.
 *
 * @throws {TypeError} as `openLatest`.
 */
export function openLatestStream(options: LatestStreamOptions, deps: TapeDeps): LatestStream {
  const { symbols, token, onLatest, onRefused, onStatus } = options;
  if (symbols.length === 0) throw new TypeError("symbols must name at least one");
  const url = latestUrl(options.baseUrl, options, deps.unpack !== undefined);
  let status: StreamStatus = { kind: "connecting" };
  let socket: StreamSocket | null = null;
  let openedAtMs: number | null = null;
  let failures = 0;
  let cancelRetry: (() => void) | null = null;
  /** Rooms that are asked for again after a while, each with its timer. */
  const again = new Map<string, () => void>();
  const stopWatching = deps.watch((notice) => {
    if (notice !== "wentOffline" && cancelRetry !== null) connect();
  });
  connect();
  return {
    status: () => status,
    close: () => close(1000, ""),
  };

  function connect(): void {
    cancelRetry?.();
    cancelRetry = null;
    openedAtMs = null;
    socket = new StreamSocket(url, token, deps, { welcomed, take, ended });
  }

  function welcomed(): void {
    openedAtMs = deps.nowMs();
    // A message has at most 64 KiB (SPEC L-1).
    for (let at = 0; at < symbols.length; at += 100) {
      subscribe(symbols.slice(at, at + 100));
    }
    tell({ kind: "live" });
  }

  function subscribe(some: readonly string[]): void {
    socket?.send({ type: "subscribe", symbols: some });
  }

  function take(message: StreamMessage): void {
    switch (message.type) {
      case "latest":
        try {
          onLatest(message);
        } catch (error) {
          // Whoever has missed some of it is told all of it by another socket.
          deps.report(error);
          socket?.close();
          ended(1000, "");
        }
        return;
      case "closed":
        askAgain(escaped(message.symbol), backoffMs(1, deps.random()));
        return;
      case "error": {
        const { symbol, code, retry_after_s } = message;
        const mayCome = code === "not_known_yet" || code === "full";
        const waitMs = (retry_after_s ?? 0) * 1_000 + backoffMs(1, deps.random());
        if (symbol !== undefined && mayCome) askAgain(escaped(symbol), waitMs);
        else if (code !== "already_subscribed") onRefused?.(message);
        return;
      }
      // The rooms of this mode say nothing for themselves.
      default:
        return;
    }
  }

  function askAgain(symbol: string, waitMs: number): void {
    again.get(symbol)?.();
    const asked = () => {
      again.delete(symbol);
      subscribe([symbol]);
    };
    again.set(symbol, deps.setTimer(asked, waitMs));
  }

  function ended(code: number, reason: string): void {
    for (const cancel of again.values()) cancel();
    again.clear();
    if (!mayReturn(code)) {
      close(code, reason);
      return;
    }
    const isStable = openedAtMs !== null && deps.nowMs() - openedAtMs >= STABLE_MS;
    failures = isStable ? 1 : failures + 1;
    cancelRetry = deps.setTimer(connect, backoffMs(failures, deps.random()));
    tell({ kind: "reconnecting", failures });
  }

  function close(code: number, reason: string): void {
    if (status.kind === "closed") return;
    stopWatching();
    cancelRetry?.();
    for (const cancel of again.values()) cancel();
    socket?.close();
    tell({ kind: "closed", code, reason });
  }

  function tell(now: StreamStatus): void {
    status = now;
    onStatus?.(now);
  }
}
