import type { PollResponse, SocketLike, TapeDeps } from "../../../client/deps.ts";
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

/** A room by server-sent events. */
interface Events {
  symbol: string;
  say(message: object): void;
  /** `code`: whoever reads it must not come back. */
  end(code?: number): void;
}

/** A server of last values, one a symbol, and what goes wrong between it and a client. */
export function latestServer(deps: Pick<TapeDeps, "setTimer">) {
  const values = new Map<string, number>();
  const sockets = new Set<Socket>();
  const opened: Socket[] = [];
  const events = new Set<Events>();
  /** What server-sent events of a symbol are refused with. */
  const refusals = new Map<string, number>();
  const asked: { symbol: string; authorization: string | undefined }[] = [];
  let cursor = 1;

  const server = {
    values,
    sockets,
    opened,
    events,
    refusals,
    /** Requests for server-sent events. */
    asked,
    /** Connects go nowhere. */
    isAway: false,
    /** Somebody between lets no socket through. */
    isSocketless: false,
    openSocket(url: string): SocketLike {
      const socket: SocketLike = {
        onmessage: null,
        onclose: null,
        onerror: null,
        send: (text) => hear(one, text),
        close() {
          isClosed = true;
          sockets.delete(one);
        },
      };
      let isClosed = false;
      const one: Socket = {
        socket,
        url,
        told: new Map(),
        patterns: new Set(),
        left: new Set(),
        sent: [],
      };
      opened.push(one);
      const isAway = server.isAway || server.isSocketless;
      deps.setTimer(() => {
        if (isClosed) return;
        if (isAway) socket.onclose?.({ code: 1006, reason: "" });
        else {
          sockets.add(one);
          say(one, { type: "welcome", mode: "latest", hz: 10, window: 1_000, most_symbols: 500 });
        }
      }, 5);
      return socket;
    },
    fetch: async (
      url: string,
      { signal, headers }: { signal: AbortSignal; headers: Record<string, string> },
    ): Promise<PollResponse> => {
      if (server.isAway) throw new Error("away");
      const symbol = symbolOf(url);
      asked.push({ symbol, authorization: headers["authorization"] });
      const status = refusals.get(symbol);
      if (status !== undefined) {
        return { ok: false, status, json: async () => ({ detail: `no ${symbol} here` }) };
      }
      return { ok: true, status: 200, json: async () => ({}), body: eventsOf(url, signal) };
    },
    set(symbol: string, value: number): void {
      values.set(symbol, value);
      cursor += 1;
      for (const one of events) {
        if (one.symbol === symbol) one.say({ type: "events", cursor, events: [tradeOf(symbol)] });
      }
    },
    /** A viewer was slow: what comes next has a hole before it. */
    gap(symbol: string, value: number): void {
      values.set(symbol, value);
      cursor += 1;
      for (const one of events) {
        if (one.symbol !== symbol) continue;
        one.say({ type: "gap", from: cursor - 1, to: cursor, reason: "slow", dropped: 1 });
        one.say(snapshotOf(symbol));
      }
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
      for (const one of [...events]) one.end();
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

  function eventsOf(url: string, signal: AbortSignal): ReadableStream<Uint8Array> {
    const symbol = symbolOf(url);
    const encoder = new TextEncoder();
    return new ReadableStream<Uint8Array>({
      start(controller) {
        const one: Events = {
          symbol,
          say: (message) =>
            controller.enqueue(encoder.encode(`data: ${JSON.stringify(message)}\n\n`)),
          end(code) {
            events.delete(one);
            const last = `event: end\ndata: ${JSON.stringify({ code, reason: "gone" })}\n\n`;
            if (code !== undefined) controller.enqueue(encoder.encode(last));
            controller.close();
          },
        };
        events.add(one);
        signal.addEventListener("abort", () => events.delete(one));
        one.say({ type: "hello", cursor, heartbeat_ms: 5_000, window: 1_000 });
        one.say(snapshotOf(symbol));
        one.say({ type: "caught_up", cursor, replayed: 0, complete: true });
      },
    });
  }

  function snapshotOf(symbol: string): object {
    const lists = { metrics: [], positions: [], orders: [], bar: null, book: null };
    return { type: "snapshot", cursor, ...lists, trade: tradeOf(symbol) };
  }

  function tradeOf(symbol: string): object {
    return { kind: "trade", ts: 1, price: values.get(symbol) ?? 0, size: 1 };
  }

  function roomOf(symbol: string): LatestMessage["rooms"][number] {
    return {
      symbol,
      cursor,
      events: [tradeOf(symbol)],
    } as unknown as LatestMessage["rooms"][number];
  }

  function latest(rooms: LatestMessage["rooms"]): LatestMessage {
    return { type: "latest", rooms, skipped: 0 };
  }

  function say(one: Socket, message: object): void {
    const text = JSON.stringify(message);
    const isPacked = one.url.includes("compress=") && "rooms" in message;
    one.socket.onmessage?.({ data: isPacked ? new TextEncoder().encode(text).buffer : text });
  }
}

function symbolOf(url: string): string {
  return decodeURIComponent(/\/api\/rooms\/([^/]+)\/stream$/.exec(url)?.[1] ?? "");
}
