import { PING, PONG } from "../src/protocol/socket/heartbeat.ts";
import type { StreamMessage } from "../src/protocol/streams/server-message.ts";
import { ReadMessage } from "./decode.ts";
import type { SocketLike, TapeDeps } from "./deps.ts";
import type { Place } from "./state.ts";
import { escaped, StreamSocket } from "./stream-socket.ts";
import type { Token } from "./token.ts";

/** Rooms of one socket: the server has as many symbols at most (SPEC ST-1). */
const MOST_ROOMS = 500;
/** Come back later (RFC 6455's registry), and never with the same request. */
const TRY_AGAIN = 1013;
const POLICY = 1008;

interface Room {
  symbol: string;
  place: Place;
  socket: SocketLike;
}

/**
 * One socket to the server over many rooms. To each tape its room is a socket of its own, that opens, says what its room says, and
 * closes with the shared one or before it.
 */
export class SharedSocket {
  readonly #stream: StreamSocket;
  readonly #ended: (shared: SharedSocket) => void;
  readonly #rooms = new Map<string, Room>();
  /** What was under way when a room was left may still come, until that is answered. */
  readonly #leaving = new Map<string, number>();

  /** `ended`: it takes no more rooms. */
  constructor(
    url: string,
    token: Token | undefined,
    deps: TapeDeps,
    ended: (shared: SharedSocket) => void,
  ) {
    this.#ended = ended;
    this.#stream = new StreamSocket(url, token, deps, {
      welcomed: () => this.#subscribe([...this.#rooms.values()]),
      take: (message, chars) => this.#take(message, chars),
      ended: (code, reason) => this.#end(code, reason),
    });
  }

  get rooms(): number {
    return this.#rooms.size;
  }

  /** Has it place for this room? A room is on one socket once. */
  takes(symbol: string): boolean {
    return !this.#stream.isOver && this.#rooms.size < MOST_ROOMS && !this.#rooms.has(symbol);
  }

  /** The socket of a room. */
  room(symbol: string, place: Place): SocketLike {
    const room: Room = {
      ...{ symbol, place },
      socket: {
        onmessage: null,
        onclose: null,
        onerror: null,
        send: (text) => {
          // Acknowledgements and pings are those of the shared socket.
          if (text === PING && this.#stream.isAlive) queueMicrotask(() => this.#tell(room, PONG));
        },
        close: () => this.#leave(room),
      },
    };
    this.#rooms.set(symbol, room);
    if (this.#stream.isOpen) this.#subscribe([room]);
    return room.socket;
  }

  #take(message: StreamMessage, chars: number): void {
    switch (message.type) {
      case "closed":
        if (!this.#leaving.has(message.symbol)) {
          this.#closeRoom(message.symbol, message.code, message.reason);
        }
        return;
      case "error":
        if (message.symbol === undefined) return;
        if (message.code === "not_subscribed") this.#hasLeft(message.symbol.replaceAll("\\*", "*"));
        else if (!this.#leaving.has(message.symbol))
          this.#closeRoom(message.symbol, closeCodeOf(message.code), message.message);
        return;
      case "unsubscribed":
        for (const symbol of message.symbols) this.#hasLeft(symbol);
        return;
      case "welcome":
      case "subscribed":
      case "renewed":
      case "latest":
        return;
      default: {
        const { symbol = "", ...said } = message as { symbol?: string };
        const room = this.#rooms.get(symbol);
        if (room !== undefined && !this.#leaving.has(symbol))
          this.#tell(room, new ReadMessage(said, chars));
      }
    }
  }

  #tell(room: Room, data: unknown): void {
    if (this.#rooms.get(room.symbol) === room) room.socket.onmessage?.({ data });
  }

  #subscribe(rooms: readonly Room[]): void {
    if (rooms.length === 0) return;
    const symbols = rooms.map(({ symbol, place: { cursor, log } }) => ({
      symbol,
      ...(cursor !== null && { since: cursor }),
      ...(cursor !== null && log !== null && { log }),
    }));
    // A message has at most 64 KiB (SPEC L-1).
    for (let at = 0; at < symbols.length; at += 100) {
      this.#stream.send({ type: "subscribe", symbols: symbols.slice(at, at + 100) });
    }
  }

  #leave(room: Room): void {
    if (this.#rooms.get(room.symbol) !== room) return;
    this.#rooms.delete(room.symbol);
    if (this.#rooms.size === 0) {
      this.#close();
      return;
    }
    if (!this.#stream.isOpen) return;
    this.#leaving.set(room.symbol, (this.#leaving.get(room.symbol) ?? 0) + 1);
    this.#stream.send({ type: "unsubscribe", symbols: [escaped(room.symbol)] });
  }

  #hasLeft(symbol: string): void {
    const left = (this.#leaving.get(symbol) ?? 0) - 1;
    if (left > 0) this.#leaving.set(symbol, left);
    else this.#leaving.delete(symbol);
  }

  #closeRoom(symbol: string, code: number, reason: string): void {
    const room = this.#rooms.get(symbol);
    this.#rooms.delete(symbol);
    room?.socket.onclose?.({ code, reason });
    if (this.#rooms.size === 0) this.#close();
  }

  #close(): void {
    if (this.#stream.isOver) return;
    this.#stream.close();
    this.#ended(this);
  }

  #end(code: number, reason: string): void {
    this.#ended(this);
    const rooms = [...this.#rooms.values()];
    this.#rooms.clear();
    for (const room of rooms) room.socket.onclose?.({ code, reason });
  }
}

/** How a room's own socket would have been closed. */
export function closeCodeOf(error: string): number {
  switch (error) {
    case "forbidden":
    case "bad_message":
      return POLICY;
    default:
      return TRY_AGAIN;
  }
}
