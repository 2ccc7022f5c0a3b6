import { browserDeps, type TapeDeps } from "./deps.ts";
import { MOST_BY_EVENTS, withEvents } from "./room-sockets.ts";
import { roomUrls } from "./room-urls.ts";
import { SharedSocket } from "./shared-socket.ts";
import type { Delivery, Place } from "./state.ts";
import { streamUrl } from "./stream-urls.ts";
import { type Tape, type TapeOptions, tapeOver } from "./tape.ts";
import type { Token } from "./token.ts";

export interface FollowerOptions {
  /** As for `openTape`. */
  baseUrl: string;
  /** A function is asked for another one before the one there is ends, and the socket stays. */
  token?: Token;
}

/** As for `openTape`, of one symbol. */
export type FollowOptions = Omit<TapeOptions, "baseUrl" | "symbol" | "token">;

/** A delivery, and where the reader stands once it is taken. */
export interface Taken {
  delivery: Delivery;
  place: Place;
}

export interface Follower {
  /** Watches a symbol; what a tape promises holds for each. */
  follow(symbol: string, options: FollowOptions): Tape;
  /** The same for `for await`: leaving the loop ends it. What is not asked for yet waits in memory. */
  read(
    symbol: string,
    options?: Omit<FollowOptions, "onDelivery">,
  ): AsyncGenerator<Taken, void, undefined>;
  close(): void;
}

/**
 * Many symbols over one socket (over several where they are more than 500). Where it cannot be had each symbol falls back for itself: to server-sent events
 * where they are few, else to polling, and back.
 *
 * @throws {TypeError} as `openTape`.
 */
export function openFollower(
  { baseUrl, token }: FollowerOptions,
  deps: TapeDeps = browserDeps(),
): Follower {
  const url = streamUrl(baseUrl);
  const sockets = new Set<SharedSocket>();
  const tapes = new Set<Tape>();
  const follow = (symbol: string, options: FollowOptions): Tape => {
    const urls = roomUrls(baseUrl, symbol);
    const open = withEvents(
      ...([urls, token, deps] as const),
      (since) => socketFor(symbol).room(symbol, since),
      () => tapes.size <= MOST_BY_EVENTS,
    );
    const tape = tapeOver({ ...options, ...(token !== undefined && { token }) }, deps, urls, open);
    const followed = {
      ...tape,
      close() {
        tapes.delete(followed);
        tape.close();
      },
    };
    tapes.add(followed);
    return followed;
  };
  return {
    follow,
    read: (symbol, options = {}) =>
      readTape(options.onStatus, (taking) => follow(symbol, { ...options, ...taking })),
    close() {
      for (const tape of [...tapes]) tape.close();
    },
  };

  function socketFor(symbol: string): SharedSocket {
    for (const socket of sockets) if (socket.takes(symbol)) return socket;
    const socket = new SharedSocket(url, token, deps, (ended) => sockets.delete(ended));
    sockets.add(socket);
    return socket;
  }
}

async function* readTape(
  tell: TapeOptions["onStatus"],
  begin: (taking: Pick<TapeOptions, "onDelivery" | "onStatus">) => Tape,
): AsyncGenerator<Taken, void, undefined> {
  const waiting: Taken[] = [];
  let wake = () => {};
  const tape = begin({
    onDelivery(delivery, place) {
      waiting.push({ delivery, place });
      wake();
    },
    onStatus(status) {
      wake();
      tell?.(status);
    },
  });
  try {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (tape.status().kind === "closed") return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    tape.close();
  }
}
