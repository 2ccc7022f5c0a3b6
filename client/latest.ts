import type { LatestMessage } from "../src/protocol/streams/server-message.ts";
import { noSocket, type TapeDeps } from "./deps.ts";
import { JoinedLatest } from "./joined-latest.ts";
import { type LatestByEvents, openLatestByEvents } from "./latest-by-events.ts";
import { type LatestStreamOptions, openLatestStream, type StreamStatus } from "./latest-stream.ts";
import { MOST_BY_EVENTS } from "./room-sockets.ts";
import { latestDeps } from "./unpack.ts";

/** So many sockets in a row that could not be had, and server-sent events are taken. */
const FAILURES_BEFORE_EVENTS = 2;

export interface LatestOptions extends Omit<LatestStreamOptions, "onStatus"> {
  onStatus?(status: LatestStatus): void;
}

/** There is no `WebSocket`, and what is to be watched comes by none of the other ways. */
export class NoWebSocketError extends Error {
  override readonly name = "NoWebSocketError";
}

export type LatestStatus =
  /** `by-events`: no socket can be had, and values come by server-sent events. */
  | { kind: "connecting" | "live" | "reconnecting" | "by-events" }
  | { kind: "closed"; code: number; reason: string };

export interface Latest {
  status(): LatestStatus;
  close(): void;
}

/**
 * The last values of many symbols over one socket (SPEC ST-10), for as long as it takes. Whatever breaks, comes back or moves, whoever keeps the
 * newest event of each key ends with the true last values.
 *
 * Where no socket can be had, up to four symbols take server-sent events (SPEC ST-11) until it can: their bars are those that closed. More of them,
 * and patterns, wait for a socket, for no route of a room but these tells its last values.
 *
 * @throws {TypeError} where `baseUrl` can belong to no server, or there are no `symbols`.
 * @throws {NoWebSocketError} where only a socket would do, and the runtime has none.
 */
export function openLatest(options: LatestOptions, deps: TapeDeps = latestDeps()): Latest {
  const names = namesOf(options.symbols);
  if (names === null && deps.openSocket === noSocket) {
    throw new NoWebSocketError(
      `More than ${MOST_BY_EVENTS} symbols, and patterns, need a WebSocket, which this runtime has not: take Node 22 or newer, or give browserDeps() with an openSocket of your own as the second argument.`,
    );
  }
  let byEvents: LatestByEvents | null = null;
  let status: LatestStatus = { kind: "connecting" };
  const stream = openLatestStream({ ...options, onStatus: streamIs }, deps);
  return {
    status: () => status,
    close: () => stream.close(),
  };

  function streamIs(now: StreamStatus): void {
    if (now.kind !== "reconnecting") {
      byEvents?.close();
      byEvents = null;
      tell(now);
      return;
    }
    if (names !== null && now.failures >= FAILURES_BEFORE_EVENTS) {
      byEvents ??= openLatestByEvents({ ...options, symbols: names }, deps, {
        changed: eventsAre,
        ended: eventsEnded,
      });
    }
    eventsAre();
  }

  function eventsAre(): void {
    tell({ kind: byEvents?.isLive() ? "by-events" : "reconnecting" });
  }

  /** The socket would be closed with the same. */
  function eventsEnded(code: number, reason: string): void {
    tell({ kind: "closed", code, reason });
    stream.close();
  }

  function tell(now: LatestStatus): void {
    if (status.kind === "closed" || now.kind === status.kind) return;
    status = now;
    options.onStatus?.(now);
  }
}

/**
 * The same for `for await`: leaving the loop ends it, and so does what the client must not come back from. What is not asked for yet is joined,
 * so a slow reader is told the last values and not all on the way to them.
 *
 * @throws {TypeError} as `openLatest`.
 */
export async function* readLatest(
  options: Omit<LatestOptions, "onLatest">,
  deps: TapeDeps = latestDeps(),
): AsyncGenerator<LatestMessage, void, undefined> {
  const waiting = new JoinedLatest();
  let wake = () => {};
  const latest = openLatest(
    {
      ...options,
      onLatest(message) {
        waiting.add(message);
        wake();
      },
      onStatus(status) {
        wake();
        options.onStatus?.(status);
      },
    },
    deps,
  );
  try {
    for (;;) {
      const next = waiting.take();
      if (next !== null) yield next;
      else if (latest.status().kind === "closed") return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    latest.close();
  }
}

/** The symbols by their names; null where one of them is a pattern, or they are too many for server-sent events. */
function namesOf(symbols: readonly string[]): string[] | null {
  const isPattern = symbols.some((symbol) => symbol.replaceAll("\\*", "").includes("*"));
  if (isPattern || symbols.length > MOST_BY_EVENTS) return null;
  return symbols.map((symbol) => symbol.replaceAll("\\*", "*"));
}
