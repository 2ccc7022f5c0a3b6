import { JOIN_HEADER, type JoinRefusal, type JoinRequest } from "../bindings/room.ts";
import type { AppContext } from "../middleware/context.ts";
import { clientMessageSchema } from "../protocol/client-message.ts";
import { CLOSE_CODES, type CloseReason } from "../protocol/close-codes.ts";
import { HEARTBEAT_MS, PING, PONG, ROOM_SILENCE_MS } from "../protocol/heartbeat.ts";
import type { ServerMessage } from "../protocol/server-message.ts";
import type { Cursor } from "../protocol/time.ts";
import { SUBPROTOCOL } from "../protocol/version.ts";
import { roomOf } from "./append-to-rooms.ts";
import { directoryOf } from "./known-symbols.ts";
import { type WaitingHolder, waitingHoldersOf } from "./waiting-holders.ts";

/** How far apart the clocks of a Worker and of a room may be. */
const CLOCKS_APART_US = 60_000_000;
/** The directory is asked so long at a time. */
const ASK_MS = 20_000;
/** The longest delay that a timer holds. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** The same as of a viewer of a room. */
const WINDOW_BYTES = 512 * 1024;
/** Text of errors that a viewer is answered at most (SPEC M-2). */
const MAX_ERROR_BYTES = 2 * WINDOW_BYTES;
const SOCKETS_RETRY_S = 10;

/**
 * A cursor of a symbol nobody has pushed: whatever comes is after it, so that a viewer that goes on from there has everything.
 * `since` where that is earlier.
 */
export function beforeAnything(since: Cursor | null, nowMs: number): Cursor {
  const before = nowMs * 1_000 - CLOCKS_APART_US;
  return Math.min(since ?? before, before) as Cursor;
}

/** Asks a symbol's room to take a viewer. */
export function joinRoom(c: AppContext, join: JoinRequest): Promise<Response> {
  const request = new Request("https://room/", {
    headers: { upgrade: "websocket", [JOIN_HEADER]: asciiJson(join) },
  });
  return roomOf(c.env, join.symbol).fetch(request);
}

/** A header holds no other characters, and a symbol may be in any script. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * The answer to a viewer of a symbol that nobody has pushed: it hears what an empty room would say, and is handed to the room
 * when there is one, on the same socket. Until then it waits here, for a room would leave a file for every name that somebody
 * comes up with. Who waits with too many sockets already is refused (SPEC L-5).
 */
export function greetWaiting(c: AppContext, join: JoinRequest): Response | JoinRefusal {
  const holders = waitingHoldersOf(c.env);
  const holder = holders.of(join.symbol, join.viewerKey);
  const { LIMIT_SOCKETS_PER_VIEWER: most } = c.get("config");
  if (most > 0 && holder.sockets >= most) {
    return { kind: "refused", reason: "sockets", retryAfterS: SOCKETS_RETRY_S };
  }
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  const leave = holders.enter(holder, join.symbol, join.viewerKey);
  const viewer = new WaitingViewer(c, join, server, holder, leave);
  c.executionCtx.waitUntil(viewer.serve());
  const headers = new Headers({ "x-correlation-id": join.correlationId });
  if (join.namesProtocol) headers.set("sec-websocket-protocol", SUBPROTOCOL);
  return new Response(null, { status: 101, webSocket: client, headers });
}

class WaitingViewer {
  readonly #c: AppContext;
  readonly #join: JoinRequest;
  readonly #socket: WebSocket;
  readonly #holder: WaitingHolder;
  readonly #leave: () => void;
  readonly #cursor: Cursor;
  /** The room's end, once there is one. */
  #room: WebSocket | null = null;
  #isOpen = true;
  #heardMs = Date.now();
  #errorBytes = 0;

  /** `leave`: it waits no more. */
  constructor(
    c: AppContext,
    join: JoinRequest,
    socket: WebSocket,
    holder: WaitingHolder,
    leave: () => void,
  ) {
    this.#c = c;
    this.#join = join;
    this.#socket = socket;
    this.#holder = holder;
    this.#leave = leave;
    this.#cursor = beforeAnything(join.since, Date.now());
    socket.addEventListener("message", ({ data }) => this.#heard(data));
    socket.addEventListener("close", ({ code }) => this.#left(code));
    socket.addEventListener("error", () => this.#left(1011));
  }

  async serve(): Promise<void> {
    const { symbol, since } = this.#join;
    const cursor = this.#cursor;
    this.#say({
      ...{ type: "hello", room: symbol, cursor, oldest: cursor },
      ...{ heartbeat_ms: HEARTBEAT_MS, window: WINDOW_BYTES },
    });
    if (since === null) {
      const nothing = { metrics: [], bar: null, trade: null, positions: [], book: null };
      this.#say({ type: "snapshot", cursor, ...nothing });
    }
    this.#say({ type: "caught_up", cursor, replayed: 0, complete: true });
    const checks = setInterval(() => this.#check(), HEARTBEAT_MS);
    const { expiresAtMs } = this.#join;
    const end =
      expiresAtMs === null
        ? undefined
        : setTimeout(() => this.#check(), Math.min(expiresAtMs - Date.now(), MAX_TIMER_MS));
    try {
      while (this.#isOpen) {
        if (!(await directoryOf(this.#c.env).untilKnown(symbol, ASK_MS))) continue;
        if (this.#isOpen) await this.#enter();
        return;
      }
    } catch (error) {
      const fields = { correlation_id: this.#join.correlationId, detail: String(error) };
      this.#c.get("log").warn("waiting_viewer_lost", fields);
      this.#close("goingAway");
    } finally {
      clearInterval(checks);
      if (end !== undefined) clearTimeout(end);
    }
  }

  /** There is a room: what it says goes to the viewer from here on, and what the viewer says to it. */
  async #enter(): Promise<void> {
    this.#check();
    if (!this.#isOpen) return;
    const { webSocket: room } = await joinRoom(this.#c, { ...this.#join, since: this.#cursor });
    if (room === null) this.#close("goingAway");
    if (room === null || !this.#isOpen) return;
    this.#room = room;
    this.#leave();
    let isGreeting = true;
    room.addEventListener("message", ({ data }) => {
      // The viewer has had its `hello`.
      if (!isGreeting && this.#isOpen) this.#socket.send(data);
      isGreeting = false;
    });
    room.addEventListener("close", ({ code, reason }) => this.#shut(code, reason));
    room.addEventListener("error", () => this.#close("goingAway"));
    room.accept();
  }

  #heard(data: string | ArrayBuffer): void {
    if (!this.#isOpen) return;
    this.#heardMs = Date.now();
    if (this.#room === null) this.#answer(data);
    else if (!this.#isOwnSince(data)) this.#room.send(data);
  }

  /** The room was told an earlier place than this viewer came with, and would take its own for an ack of the future (SPEC F-2). */
  #isOwnSince(data: string | ArrayBuffer): boolean {
    const { since } = this.#join;
    if (since === null || since === this.#cursor || data === PING) return false;
    const reading = readClientMessage(data);
    return reading.kind === "ack" && reading.cursor === since;
  }

  #answer(data: string | ArrayBuffer): void {
    const { LIMIT_MESSAGE_BYTES: most, LIMIT_MESSAGES_PER_SECOND: mostASecond } =
      this.#c.get("config");
    const messages = this.#holder.countMessage(this.#heardMs);
    const reading = data === PING ? ({ kind: "ping" } as const) : readClientMessage(data);
    if (mostASecond > 0 && messages > mostASecond) this.#close("tooManyMessages");
    else if (most > 0 && bytesOf(data) > most) this.#close("messageTooLarge");
    else if (reading.kind === "ping") this.#socket.send(PONG);
    else if (reading.kind === "wrong") this.#sendError(reading.why);
    else if (reading.cursor > Math.max(this.#cursor, this.#join.since ?? 0)) {
      this.#close("acknowledgedUnsent");
    }
  }

  /** Nobody acknowledges errors, so a window of them is all that anybody gets. */
  #sendError(why: string): void {
    const message: ServerMessage = { type: "error", code: "bad_message", message: why };
    this.#errorBytes += JSON.stringify(message).length;
    if (this.#errorBytes > MAX_ERROR_BYTES) this.#close("tooManyMessages");
    else this.#say(message);
  }

  /** Who has been silent for too long, or whose token has ended, goes, as in a room. */
  #check(): void {
    if (this.#room !== null) return;
    const { expiresAtMs } = this.#join;
    const nowMs = Date.now();
    // What was noted later than now was noted before the clock was turned back.
    this.#heardMs = Math.min(this.#heardMs, nowMs);
    if (expiresAtMs !== null && nowMs >= expiresAtMs) this.#close("tokenExpired");
    else if (nowMs - this.#heardMs >= ROOM_SILENCE_MS) this.#close("silent");
  }

  #say(message: ServerMessage): void {
    if (this.#isOpen) this.#socket.send(JSON.stringify(message));
  }

  #close(reason: CloseReason): void {
    const { code, reason: words } = CLOSE_CODES[reason];
    this.#shut(code, words);
  }

  #shut(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#leave();
    this.#socket.close(sendable(code), reason);
  }

  #left(code: number): void {
    if (this.#isOpen) this.#socket.close(sendable(code));
    this.#isOpen = false;
    this.#leave();
    this.#room?.close(sendable(code));
  }
}

/** 1005, 1006 and 1015 stand for "no code came" and cannot be sent (RFC 6455, 7.4.1). */
function sendable(code: number): number {
  return code === 1005 || code === 1006 || code === 1015 ? 1000 : code;
}

function bytesOf(data: string | ArrayBuffer): number {
  return typeof data === "string" ? new TextEncoder().encode(data).byteLength : data.byteLength;
}

/** A message of a client: how far it acknowledges, or what is wrong with it (SPEC M-2). */
function readClientMessage(
  data: string | ArrayBuffer,
): { kind: "ack"; cursor: Cursor } | { kind: "wrong"; why: string } {
  if (typeof data !== "string") return { kind: "wrong", why: "binary messages mean nothing here" };
  try {
    const parsed = clientMessageSchema.safeParse(JSON.parse(data));
    if (parsed.success) return { kind: "ack", cursor: parsed.data.cursor };
    const [issue] = parsed.error.issues;
    return { kind: "wrong", why: `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim() };
  } catch {
    return { kind: "wrong", why: 'expected a JSON message or the text "ping"' };
  }
}
