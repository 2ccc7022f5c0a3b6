import type { SocketLike, TapeDeps } from "../../../client/deps.ts";
import { matchesGlob } from "../../../src/core/placement/glob.ts";
import type { LatestMessage } from "../../../src/protocol/streams/server-message.ts";

interface Socket {
  socket: SocketLike;
  url: string;
  /** What each of its rooms was told last. */
  told: Map<string, number>;
  patterns: Set<string>;
  /** No pattern brings these back. */
  left: Set<string>;
  sent: string[];
}

/** A server of last values, one a symbol, and what goes wrong between it and a client. */
export function latestServer(deps: Pick<TapeDeps, "setTimer">) {
  const values = new Map<string, number>();
  const sockets = new Set<Socket>();
  const opened: Socket[] = [];

  const server = {
    values,
    sockets,
    opened,
    /** Connects go nowhere. */
    isAway: false,
    openSocket(url: string): SocketLike {
      const socket: SocketLike = {
        onmessage: null,
        onclose: null,
        onerror: null,
        send: (text) => hear(one, text),
        close: () => sockets.delete(one),
      };
      const one: Socket = {
        socket,
        url,
        told: new Map(),
        patterns: new Set(),
        left: new Set(),
        sent: [],
      };
      opened.push(one);
      const isAway = server.isAway;
      deps.setTimer(() => {
        if (isAway) socket.onclose?.({ code: 1006, reason: "" });
        else {
          sockets.add(one);
          say(one, { type: "welcome", mode: "latest", hz: 10, window: 1_000, most_symbols: 500 });
        }
      }, 5);
      return socket;
    },
    set(symbol: string, value: number): void {
      values.set(symbol, value);
    },
    /** Tells what has changed. */
    tick(): void {
      for (const one of [...sockets]) {
        for (const symbol of values.keys()) {
          const isFound = [...one.patterns].some((pattern) => matchesGlob(pattern, symbol));
          if (isFound && !one.told.has(symbol) && !one.left.has(symbol)) tellWhole(one, symbol);
        }
        const changed = [...one.told].filter(([symbol, value]) => values.get(symbol) !== value);
        if (changed.length === 0) continue;
        for (const [symbol] of changed) one.told.set(symbol, values.get(symbol) ?? 0);
        say(one, latest(changed.map(([symbol]) => roomOf(symbol))));
      }
    },
    /** Sockets break, or are closed so. */
    drop(code = 1006): void {
      for (const one of [...sockets]) {
        sockets.delete(one);
        one.socket.onclose?.({ code, reason: "gone" });
      }
    },
    /** A symbol goes to another host. */
    move(symbol: string): void {
      for (const one of [...sockets]) {
        if (!one.told.delete(symbol)) continue;
        one.left.add(symbol);
        say(one, { type: "closed", symbol, code: 4000, reason: "moved" });
      }
    },
    refuse(symbol: string, code: string, retryAfterS?: number): void {
      for (const one of [...sockets]) {
        one.told.delete(symbol);
        const retry = retryAfterS === undefined ? {} : { retry_after_s: retryAfterS };
        say(one, { type: "error", symbol, code, message: code, ...retry });
      }
    },
  };
  return server;

  function hear(one: Socket, text: string): void {
    if (!sockets.has(one)) return;
    if (text === "ping") {
      one.socket.onmessage?.({ data: "pong" });
      return;
    }
    one.sent.push(text);
    const message = JSON.parse(text);
    if (message.type !== "subscribe") return;
    for (const entry of message.symbols as string[]) {
      if (/^(?:[^\\]|\\.)*?(?<!\\)\*/.test(entry)) one.patterns.add(entry);
      else tellWhole(one, entry.replaceAll("\\*", "*"));
    }
  }

  function tellWhole(one: Socket, symbol: string): void {
    one.left.delete(symbol);
    one.told.set(symbol, values.get(symbol) ?? 0);
    say(one, latest([{ ...roomOf(symbol), whole: true }]));
  }

  function roomOf(symbol: string): LatestMessage["rooms"][number] {
    const price = values.get(symbol) ?? 0;
    const events = [{ kind: "trade", ts: 1, price, size: 1 }];
    return { symbol, cursor: 1, events } as unknown as LatestMessage["rooms"][number];
  }

  function latest(rooms: LatestMessage["rooms"]): LatestMessage {
    return { type: "latest", rooms, skipped: 0 };
  }

  function say(one: Socket, message: object): void {
    one.socket.onmessage?.({ data: JSON.stringify(message) });
  }
}
