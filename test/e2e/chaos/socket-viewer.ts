import { WebSocket } from "ws";
import { numberOf, type WireEvent } from "./numbered-event.ts";

const RECONNECT_MS = 50;
const PING_MS = 5_000;
/** Acknowledged after so many bytes; the room allows 1 MiB (SPEC F-1). */
const ACK_BYTES = 128 * 1024;

type Message =
  | { type: "events"; cursor: number; events: WireEvent[] }
  | { type: "caught_up"; cursor: number; complete: boolean }
  | { type: "gap"; from: number; to: number; reason: string }
  | { type: "hello"; log: string }
  | { type: "snapshot" | "bar" | "error"; message?: string };

/**
 * A viewer of its own making, which shares nothing with the project's client: it connects with its last cursor and the log that
 * this is of, keeps what it is sent, and connects again whenever the socket ends.
 */
export class SocketViewer {
  /** Numbers of the events, in the order they came. */
  readonly seen: number[] = [];
  /** What it should never have been told. */
  readonly faults: string[] = [];
  connects = 0;
  readonly #url: string;
  readonly #protocols: string[];
  #cursor = 0;
  #log = "";
  #unacknowledged = 0;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(url: string, symbol: string, token?: string) {
    this.#protocols = ["edgetape.v1", ...(token === undefined ? [] : [`bearer.${token}`])];
    this.#url = `${url.replace("http", "ws")}/ws/${encodeURIComponent(symbol)}`;
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  get evidence(): { seen: readonly number[]; faults: readonly string[] } {
    return { seen: this.seen, faults: this.faults };
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  #connect(): void {
    const of = this.#log === "" ? "" : `&log=${this.#log}`;
    const socket = new WebSocket(`${this.#url}?since=${this.#cursor}${of}`, this.#protocols);
    this.#socket = socket;
    const pings = setInterval(() => {
      if (socket.readyState === WebSocket.OPEN) socket.send("ping");
    }, PING_MS);
    socket.on("open", () => {
      this.connects += 1;
    });
    socket.on("message", (data) => {
      const text = String(data);
      if (text !== "pong") this.#take(JSON.parse(text) as Message, text.length);
    });
    // The close event follows.
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      clearInterval(pings);
      if (code >= 4500) this.faults.push(`closed with ${code}`);
      if (!this.#stopped) this.#timer = setTimeout(() => this.#connect(), RECONNECT_MS);
    });
  }

  #take(message: Message, bytes: number): void {
    switch (message.type) {
      case "events":
        if (message.cursor <= this.#cursor) {
          this.faults.push(`cursor ${message.cursor} after ${this.#cursor}`);
        }
        this.#cursor = message.cursor;
        for (const event of message.events) this.seen.push(numberOf(event));
        this.#unacknowledged += bytes;
        if (this.#unacknowledged > ACK_BYTES) {
          this.#unacknowledged = 0;
          this.#socket?.send(JSON.stringify({ type: "ack", cursor: this.#cursor }));
        }
        return;
      case "caught_up":
        if (!message.complete) this.faults.push("caught up, but not complete");
        return;
      case "gap":
        this.faults.push(`gap ${message.from} to ${message.to}: ${message.reason}`);
        return;
      case "error":
        this.faults.push(`error: ${message.message}`);
        return;
      case "hello":
        // Whatever dies, the log is the one that it was: what it is of goes with any cursor.
        this.#log = message.log;
        return;
      case "snapshot":
      case "bar":
        return;
    }
  }
}
