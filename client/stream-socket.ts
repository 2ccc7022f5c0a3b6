import { CLIENT_SILENCE_MS, HEARTBEAT_MS, PING, PONG } from "../src/protocol/socket/heartbeat.ts";
import type { StreamMessage } from "../src/protocol/streams/server-message.ts";
import type { SocketLike, TapeDeps } from "./deps.ts";
import { ABNORMAL_CLOSURE, lateSocket } from "./late-socket.ts";
import { offeredProtocols } from "./room-sockets.ts";
import { closedWith, endOfToken, type Token, withToken } from "./token.ts";

/** What was received is acknowledged after so long at the latest, in ms. */
const ACK_AFTER_MS = 1_000;
/** A token is renewed so long before it ends, in ms. */
const RENEW_BEFORE_MS = 30_000;

type StreamDeps = Pick<TapeDeps, "nowMs" | "setTimer" | "openSocket" | "unpack">;

/** Who uses a stream's socket. */
export interface StreamUse {
  /** It is open, and what is to be watched can be asked for. */
  welcomed(): void;
  /** The stream says something; `chars`: about so many of the text that it came in. */
  take(message: StreamMessage, chars: number): void;
  /** It has ended, and not because it was closed here. */
  ended(code: number, reason: string): void;
}

/**
 * One socket of a stream (SPEC ST-1): its heartbeat, its acknowledgements, and its token, which is renewed in place. What it watches is
 * the matter of who uses it.
 */
export class StreamSocket {
  readonly #url: string;
  readonly #token: Token | undefined;
  readonly #deps: StreamDeps;
  readonly #use: StreamUse;
  #socket: SocketLike | null;
  #isOpen = false;
  #heardMs: number;
  #received = 0;
  #unackedChars = 0;
  #ackEveryChars = Number.POSITIVE_INFINITY;
  /** Done when all that has come is heard; null where it is. */
  #unpacking: Promise<void> | null = null;
  #cancelBeat: () => void;
  #cancelAck: (() => void) | null = null;
  #cancelRenewal: (() => void) | null = null;

  constructor(url: string, token: Token | undefined, deps: StreamDeps, use: StreamUse) {
    this.#url = url;
    this.#token = token;
    this.#deps = deps;
    this.#use = use;
    this.#heardMs = deps.nowMs();
    this.#socket = this.#open();
    this.#cancelBeat = deps.setTimer(() => this.#beat(), HEARTBEAT_MS);
  }

  /** It has been welcomed, and has not ended. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** It has ended, or was closed. */
  get isOver(): boolean {
    return this.#socket === null;
  }

  /** Something has come not long ago. */
  get isAlive(): boolean {
    return this.#isOpen && this.#deps.nowMs() - this.#heardMs < CLIENT_SILENCE_MS;
  }

  send(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  /** Nobody needs it any more. */
  close(): void {
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
  }

  #open(): SocketLike {
    const made = withToken(this.#token, (token) => {
      this.#renewLater(token);
      return this.#deps.openSocket(this.#url, offeredProtocols(token));
    });
    const socket = made instanceof Promise ? lateSocket(made) : made;
    socket.onmessage = ({ data }) => this.#come(data);
    socket.onclose = ({ code, reason }) => this.#end(code, reason);
    // A close with this code follows by the standard, and in Node 22.12 nothing does.
    socket.onerror = () => this.#end(ABNORMAL_CLOSURE, "");
    return socket;
  }

  /** Messages are heard in their order, though some have to be unpacked. */
  #come(data: unknown): void {
    this.#heardMs = this.#deps.nowMs();
    if (data === PONG) return;
    if (typeof data === "string" && this.#unpacking === null) {
      this.#heard(data);
      return;
    }
    const text = data instanceof ArrayBuffer ? this.#deps.unpack?.(data) : String(data);
    const heard = Promise.all([text, this.#unpacking]).then(
      ([text]) => {
        if (this.#unpacking === heard) this.#unpacking = null;
        if (!this.isOver) this.#heard(text ?? "");
      },
      // As of a text that cannot be read.
      () => this.#end(ABNORMAL_CLOSURE, ""),
    );
    this.#unpacking = heard;
  }

  #heard(text: string): void {
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
    const chars = Math.ceil(text.length / messages.length);
    for (const message of messages) {
      if (message.type === "welcome") {
        this.#isOpen = true;
        this.#ackEveryChars = message.window / 2;
        this.#use.welcomed();
      } else this.#use.take(message, chars);
    }
    this.#acknowledge();
  }

  #acknowledge(): void {
    if (this.#unackedChars >= this.#ackEveryChars) this.#sendAck();
    else this.#cancelAck ??= this.#deps.setTimer(() => this.#sendAck(), ACK_AFTER_MS);
  }

  #sendAck(): void {
    this.#cancelAck?.();
    this.#cancelAck = null;
    this.#unackedChars = 0;
    if (this.#isOpen) this.send({ type: "ack", messages: this.#received });
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
        this.send({ type: "token", token });
        this.#renewLater(token);
      });
    } catch {
      // The server ends the socket with the token that it has, and whoever comes back is asked for another one.
    }
  }

  #end(code: number, reason: string): void {
    if (this.#socket === null) return;
    this.close();
    this.#use.ended(closedWith(code, this.#token), reason);
  }
}

/** As a pattern names the symbol alone. */
export function escaped(symbol: string): string {
  return symbol.replaceAll("*", "\\*");
}
