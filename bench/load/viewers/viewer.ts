import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { clientTextFrame, FrameReader } from "./frame-reader.ts";
import { type MessageDigest, type MessageReader, startsWith } from "./message-digest.ts";

/** What the client of the product does (client/open-phase.ts): an ack for a sixth of the window, or 5 s after. */
const ACK_EVERY_BYTES = Math.floor((1024 * 1024) / 6);
const ACK_AFTER_MS = 5_000;
const PING_EVERY_MS = 5_000;

const PING_FRAME = clientTextFrame("ping");
const CAUGHT_UP_MARK = Buffer.from('{"type":"caught_up"');
const GAP_MARK = Buffer.from('{"type":"gap"');
const PONG = Buffer.from("pong");
const OPCODE_TEXT = 1;
const OPCODE_BINARY = 2;
const OPCODE_CLOSE = 8;

/** Every socket of the process reads into this: Node hands its content over within the call that read it. */
const readBuffer = Buffer.allocUnsafe(256 * 1024);

export type ViewerPlace = { host: string; port: number; path: string };

export type ViewerEvents = {
  onOpen(viewer: Viewer): void;
  onEvents(viewer: Viewer, digest: MessageDigest, bytes: number): void;
  /** A message of a stream, of whatever kind. */
  onStreamed(viewer: Viewer, bytes: number): void;
  onCaughtUp(viewer: Viewer): void;
  onGap(viewer: Viewer): void;
  onLost(viewer: Viewer, why: string): void;
};

/** What a viewer says of what it has: the cursor in a room, the number of messages in a stream, nothing to a bare room. */
export type Acks = "cursor" | "messages" | null;

/** A WebSocket client made of little: it reads frame headers, keeps its cursor, pings and acks as the product's does. */
export class Viewer {
  cursor = 0;
  /** Last serial number seen, where the scenario numbers its events. */
  serial = 0;
  #socket: Socket;
  #frames = new FrameReader();
  #open = false;
  #ended = false;
  #upgrade = "";
  /** Messages of a stream, pongs left out. */
  #messages = 0;
  #unackedBytes = 0;
  #ackAtMs = Number.POSITIVE_INFINITY;
  #pingAtMs: number;
  readonly #reader: MessageReader;
  readonly #events: ViewerEvents;
  readonly #acks: Acks;

  constructor(place: ViewerPlace, acks: Acks, reader: MessageReader, events: ViewerEvents) {
    this.#reader = reader;
    this.#events = events;
    this.#acks = acks;
    this.#pingAtMs = performance.now() + Math.random() * PING_EVERY_MS;
    this.#socket = connect({
      host: place.host,
      port: place.port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => {
          this.#read(buffer as Buffer, length);
          return true;
        },
      },
    });
    this.#socket.on("connect", () => this.#socket.write(upgradeRequest(place)));
    this.#socket.on("error", (error) => this.#lost(error.message));
    this.#socket.on("close", () => this.#lost("closed"));
  }

  /** Does what is due; called a few times a second. */
  tick(nowMs: number): void {
    if (!this.#open) return;
    if (nowMs >= this.#pingAtMs) {
      this.#pingAtMs = nowMs + PING_EVERY_MS;
      this.#socket.write(PING_FRAME);
    }
    if (nowMs >= this.#ackAtMs) this.#ack();
  }

  end(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #read(buffer: Buffer, length: number): void {
    let from = 0;
    if (!this.#open) {
      this.#upgrade += buffer.toString("latin1", 0, length);
      const end = this.#upgrade.indexOf("\r\n\r\n");
      if (end === -1) return;
      if (!this.#upgrade.startsWith("HTTP/1.1 101")) {
        this.#lost(this.#upgrade.slice(0, 400));
        this.#socket.destroy();
        return;
      }
      this.#open = true;
      this.#events.onOpen(this);
      from = length - (this.#upgrade.length - end - 4);
      this.#upgrade = "";
    }
    this.#frames.feed(from === 0 ? buffer : buffer.subarray(from), length - from, this.#onFrame);
  }

  #onFrame = (buffer: Buffer, start: number, end: number, opcode: number): void => {
    if (opcode === OPCODE_CLOSE) {
      this.#lost(`close ${end - start >= 2 ? buffer.readUInt16BE(start) : ""}`);
      return;
    }
    if (opcode !== OPCODE_TEXT && opcode !== OPCODE_BINARY) return;
    if (this.#acks === "messages") {
      if (startsWith(buffer, start, end, PONG)) return;
      this.#messages += 1;
      this.#events.onStreamed(this, end - start);
      this.#owe(end - start);
      return;
    }
    const digest = this.#reader.read(buffer, start, end);
    if (digest === undefined) {
      if (startsWith(buffer, start, end, CAUGHT_UP_MARK)) this.#events.onCaughtUp(this);
      else if (startsWith(buffer, start, end, GAP_MARK)) this.#events.onGap(this);
      return;
    }
    this.#events.onEvents(this, digest, end - start);
    this.cursor = digest.cursor;
    if (this.#acks !== null) this.#owe(end - start);
  };

  #owe(bytes: number): void {
    this.#unackedBytes += bytes;
    if (this.#unackedBytes >= ACK_EVERY_BYTES) this.#ack();
    else if (this.#ackAtMs === Number.POSITIVE_INFINITY) {
      this.#ackAtMs = performance.now() + ACK_AFTER_MS;
    }
  }

  #ack(): void {
    this.#unackedBytes = 0;
    this.#ackAtMs = Number.POSITIVE_INFINITY;
    const place =
      this.#acks === "messages" ? `"messages":${this.#messages}` : `"cursor":${this.cursor}`;
    this.#socket.write(clientTextFrame(`{"type":"ack",${place}}`));
  }

  #lost(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open = false;
    this.#events.onLost(this, why);
  }
}

function upgradeRequest(place: ViewerPlace): string {
  return [
    `GET ${place.path} HTTP/1.1`,
    `Host: ${place.host}:${place.port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: edgetape.v1",
    "",
    "",
  ].join("\r\n");
}
