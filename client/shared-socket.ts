import { CLIENT_SILENCE_MS, HEARTBEAT_MS, PING, PONG } from "../src/protocol/socket/heartbeat.ts";
import type { StreamMessage } from "../src/protocol/streams/server-message.ts";
import { ReadMessage } from "./decode.ts";
import type { SocketLike, TapeDeps } from "./deps.ts";
import { ABNORMAL_CLOSURE, lateSocket } from "./late-socket.ts";
import { offeredProtocols } from "./room-sockets.ts";
import type { Place } from "./state.ts";
import { endOfToken, type Token, withToken } from "./token.ts";

/** Rooms of one socket: the server has as many symbols at most (SPEC ST-1). */
const MOST_ROOMS = 500;
/** What was received is acknowledged after so long at the latest, in ms. */
const ACK_AFTER_MS = 1_000;
/** A token is renewed so long before it ends, in ms. */
const RENEW_BEFORE_MS = 30_000;
const TOKEN_EXPIRED = 4503;
const GOING_AWAY = 4000;
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
  readonly #url: string;
  readonly #token: Token | undefined;
  readonly #deps: TapeDeps;
  readonly #ended: (shared: SharedSocket) => void;
  readonly #rooms = new Map<string, Room>();
  /** What was under way when a room was left may still come, until that is answered. */
  readonly #leaving = new Map<string, number>();
  #socket: SocketLike | null;
  #isOpen = false;
  #heardMs: number;
  #received = 0;
  #unackedChars = 0;
  #ackEveryChars = Number.POSITIVE_INFINITY;
  #cancelBeat: () => void;
  #cancelAck: (() => void) | null = null;
  #cancelRenewal: (() => void) | null = null;

  /** `ended`: it takes no more rooms. */
  constructor(
    url: string,
    token: Token | undefined,
    deps: TapeDeps,
    ended: (shared: SharedSocket) => void,
  ) {
    this.#url = url;
    this.#token = token;
    this.#deps = deps;
    this.#ended = ended;
    this.#heardMs = deps.nowMs();
    this.#socket = this.#open();
    this.#cancelBeat = deps.setTimer(() => this.#beat(), HEARTBEAT_MS);
  }

  get rooms(): number {
    return this.#rooms.size;
  }

  /** Has it place for this room? A room is on one socket once. */
  takes(symbol: string): boolean {
    return this.#socket !== null && this.#rooms.size < MOST_ROOMS && !this.#rooms.has(symbol);
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
          if (text === PING && this.#isAlive) queueMicrotask(() => this.#tell(room, PONG));
        },
        close: () => this.#leave(room),
      },
    };
    this.#rooms.set(symbol, room);
    if (this.#isOpen) this.#subscribe([room]);
    return room.socket;
  }

  get #isAlive(): boolean {
    return this.#isOpen && this.#deps.nowMs() - this.#heardMs < CLIENT_SILENCE_MS;
  }

  #open(): SocketLike {
    const made = withToken(this.#token, (token) => {
      this.#renewLater(token);
      return this.#deps.openSocket(this.#url, offeredProtocols(token));
    });
    const socket = made instanceof Promise ? lateSocket(made) : made;
    socket.onmessage = ({ data }) => this.#heard(String(data));
    socket.onclose = ({ code, reason }) => this.#end(code, reason);
    // A close with this code follows by the standard, and in Node 22.12 nothing does.
    socket.onerror = () => this.#end(ABNORMAL_CLOSURE, "");
    return socket;
  }

  #heard(text: string): void {
    this.#heardMs = this.#deps.nowMs();
    if (text === PONG) return;
    this.#received += 1;
    this.#unackedChars += text.length;
    let messages: StreamMessage[];
    try {
      messages = [JSON.parse(text)].flat();
    } catch {
      // It may have held events: nothing that comes after it can be trusted to be all.
      this.#end(ABNORMAL_CLOSURE, "");
      return;
    }
    const length = Math.ceil(text.length / messages.length);
    for (const message of messages) this.#take(message, length);
    this.#acknowledge();
  }

  #take(message: StreamMessage, length: number): void {
    switch (message.type) {
      case "welcome":
        this.#isOpen = true;
        this.#ackEveryChars = message.window / 2;
        this.#subscribe([...this.#rooms.values()]);
        return;
      case "closed":
        if (!this.#leaving.has(message.symbol)) {
          this.#close(message.symbol, message.code, message.reason);
        }
        return;
      case "error":
        if (message.symbol === undefined) return;
        if (message.code === "not_subscribed") this.#hasLeft(message.symbol.replaceAll("\\*", "*"));
        else if (!this.#leaving.has(message.symbol))
          this.#close(message.symbol, codeOf(message.code), message.message);
        return;
      case "unsubscribed":
        for (const symbol of message.symbols) this.#hasLeft(symbol);
        return;
      case "subscribed":
      case "renewed":
      case "latest":
        return;
      default: {
        const { symbol = "", ...said } = message as { symbol?: string };
        const room = this.#rooms.get(symbol);
        if (room !== undefined && !this.#leaving.has(symbol))
          this.#tell(room, new ReadMessage(said, length));
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
      this.#send({ type: "subscribe", symbols: symbols.slice(at, at + 100) });
    }
  }

  #leave(room: Room): void {
    if (this.#rooms.get(room.symbol) !== room) return;
    this.#rooms.delete(room.symbol);
    if (this.#rooms.size === 0) {
      this.#end(1000, "");
      return;
    }
    if (!this.#isOpen) return;
    this.#leaving.set(room.symbol, (this.#leaving.get(room.symbol) ?? 0) + 1);
    this.#send({ type: "unsubscribe", symbols: [escaped(room.symbol)] });
  }

  #hasLeft(symbol: string): void {
    const left = (this.#leaving.get(symbol) ?? 0) - 1;
    if (left > 0) this.#leaving.set(symbol, left);
    else this.#leaving.delete(symbol);
  }

  #close(symbol: string, code: number, reason: string): void {
    const room = this.#rooms.get(symbol);
    this.#rooms.delete(symbol);
    room?.socket.onclose?.({ code, reason });
    if (this.#rooms.size === 0) this.#end(1000, "");
  }

  #acknowledge(): void {
    if (this.#unackedChars >= this.#ackEveryChars) this.#sendAck();
    else this.#cancelAck ??= this.#deps.setTimer(() => this.#sendAck(), ACK_AFTER_MS);
  }

  #sendAck(): void {
    this.#cancelAck?.();
    this.#cancelAck = null;
    this.#unackedChars = 0;
    if (this.#isOpen) this.#send({ type: "ack", messages: this.#received });
  }

  #beat(): void {
    if (this.#deps.nowMs() - this.#heardMs >= CLIENT_SILENCE_MS) {
      this.#end(ABNORMAL_CLOSURE, "");
      return;
    }
    if (this.#isOpen) this.#socket?.send(PING);
    this.#cancelBeat = this.#deps.setTimer(() => this.#beat(), HEARTBEAT_MS);
  }

  #renewLater(token: string | undefined): void {
    this.#cancelRenewal?.();
    const endMs = token === undefined ? null : endOfToken(token);
    if (endMs === null || typeof this.#token !== "function") return;
    const leftMs = endMs - this.#deps.nowMs();
    const delayMs = Math.min(Math.max(leftMs / 2, leftMs - RENEW_BEFORE_MS), 2 ** 31 - 1);
    this.#cancelRenewal = this.#deps.setTimer(() => void this.#renew(), Math.max(1_000, delayMs));
  }

  async #renew(): Promise<void> {
    try {
      await withToken(this.#token, (token) => {
        if (token === undefined || !this.#isOpen) return;
        this.#send({ type: "token", token });
        this.#renewLater(token);
      });
    } catch {
      // The server ends the socket with the token that it has, and whoever comes back is asked for another one.
    }
  }

  #send(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #end(code: number, reason: string): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    this.#isOpen = false;
    this.#cancelBeat();
    this.#cancelAck?.();
    this.#cancelRenewal?.();
    socket.onmessage = null;
    socket.onclose = null;
    socket.onerror = null;
    socket.close(1000);
    this.#ended(this);
    // Where another token can be had, the end of one ends nothing.
    const isRenewable = code === TOKEN_EXPIRED && typeof this.#token === "function";
    const rooms = [...this.#rooms.values()];
    this.#rooms.clear();
    for (const room of rooms) {
      room.socket.onclose?.({ code: isRenewable ? GOING_AWAY : code, reason });
    }
  }
}

/** How a room's own socket would have been closed. */
function codeOf(error: string): number {
  switch (error) {
    case "forbidden":
    case "bad_message":
      return POLICY;
    default:
      return TRY_AGAIN;
  }
}

/** As a pattern names the symbol alone. */
function escaped(symbol: string): string {
  return symbol.replaceAll("*", "\\*");
}
