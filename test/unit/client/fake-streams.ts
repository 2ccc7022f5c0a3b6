import type { SocketLike, TapeDeps } from "../../../client/deps.ts";
import { WINDOW_BYTES } from "./fake-room.ts";

/** Sockets over many rooms, in front of a server that has one room a socket; every symbol is that room. */
export function withStreams(deps: TapeDeps, isSilent: () => boolean): TapeDeps {
  return {
    ...deps,
    openSocket(url, protocols) {
      if (!new URL(url).pathname.endsWith("/ws")) return deps.openSocket(url, protocols);
      return stream(deps, url, isSilent);
    },
  };
}

function stream(deps: TapeDeps, url: string, isSilent: () => boolean): SocketLike {
  const rooms = new Map<string, SocketLike>();
  let isClosed = false;
  const socket: SocketLike = {
    onmessage: null,
    onclose: null,
    onerror: null,
    send(text) {
      if (text === "ping") {
        // A room that has gone silent answers nothing, and neither does who stands before it.
        if (rooms.size === 0) say("pong");
        for (const room of [...rooms.values()].slice(0, 1)) room.send("ping");
        return;
      }
      const message = JSON.parse(text);
      if (message.type === "ack") {
        for (const room of rooms.values()) room.send(JSON.stringify({ type: "ack", cursor: 0 }));
      } else if (message.type === "subscribe") {
        const symbols = message.symbols.map(({ symbol }: { symbol: string }) => symbol);
        say(JSON.stringify({ type: "subscribed", symbols, patterns: [] }));
        for (const entry of message.symbols) enter(entry);
      } else if (message.type === "unsubscribe") {
        for (const symbol of message.symbols) {
          rooms.get(symbol)?.close();
          rooms.delete(symbol);
        }
        say(JSON.stringify({ type: "unsubscribed", symbols: message.symbols, patterns: [] }));
      } else {
        say(JSON.stringify({ type: "renewed", expires_at_ms: null }));
      }
    },
    close() {
      isClosed = true;
      for (const room of rooms.values()) room.close();
      rooms.clear();
    },
  };
  deps.setTimer(() => {
    const welcome = { type: "welcome", mode: "all", heartbeat_ms: 5_000, most_symbols: 500 };
    say(JSON.stringify({ ...welcome, window: WINDOW_BYTES }));
  }, 5);
  return socket;

  function say(text: string): void {
    if (!isClosed && !isSilent()) socket.onmessage?.({ data: text });
  }

  function enter({ symbol, since, log }: { symbol: string; since?: number; log?: string }): void {
    const query = new URLSearchParams();
    if (since !== undefined) query.set("since", String(since));
    if (log !== undefined) query.set("log", log);
    const room = deps.openSocket(`${url.split("?")[0]}/${symbol}?${query}`, []);
    rooms.set(symbol, room);
    room.onmessage = ({ data }) => {
      const text = String(data);
      say(text.startsWith('{"type":"') ? `{"symbol":"${symbol}",${text.slice(1)}` : text);
    };
    room.onclose = ({ code, reason }) => {
      rooms.delete(symbol);
      if (code === 4000) say(JSON.stringify({ type: "closed", symbol, code, reason }));
      else if (!isClosed) {
        socket.close();
        socket.onclose?.({ code, reason });
      }
    };
  }
}
