import { CLOSE_CODES, type CloseReason } from "../../src/protocol/close-codes.ts";
import { HEARTBEAT_MS } from "../../src/protocol/heartbeat.ts";
import type { ServerMessage } from "../../src/protocol/server-message.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import { type ReadArchive, readPatiently } from "./archive.ts";
import { flushPauseMs, MESSAGES_A_FLUSH } from "./fan-out-pace.ts";
import type { LastValuesFold } from "./last-values.ts";
import type { RoomLog } from "./log.ts";
import { messagesOf, type ReadyMessage } from "./messages.ts";
import {
  acknowledge,
  countOwn,
  fallBehind,
  isWindowFull,
  newViewer,
  outstandingBytes,
  saveAttachment,
  type Viewer,
  type ViewerAttachment,
  type ViewerSocket,
} from "./viewer.ts";
import { SentBytes, WINDOW_BYTES } from "./window.ts";

/** A replay is read and sent in pages of about so many bytes. */
const PAGE_BYTES = 64 * 1024;

export interface AudienceDeps {
  symbol: SymbolName;
  log: RoomLog;
  /** The last values with every frame of the log in them; tells `onBar` of bars closed or corrected on the way. */
  foldToHead: () => LastValuesFold;
  /** Takes the bars that closed or were corrected since the last call. */
  takeBars: () => string[];
  readArchive: ReadArchive;
  nowMs: () => number;
  wait: (ms: number) => Promise<void>;
  /** Keeps the object awake until the work is done. */
  keepAwake: (work: Promise<void>) => void;
}

/**
 * The viewers of a room: brings each one from its cursor to live, and sends what is appended to those who are live.
 *
 * `#broadcastThrough` is how far the live stream has come. Replay stops there, and only a viewer that stands exactly
 * there goes live, so live never overtakes replay (INV-4) and nothing falls between them (INV-2).
 */
export class Audience {
  readonly #deps: AudienceDeps;
  readonly #viewers = new Map<ViewerSocket, Viewer>();
  #live = new Set<Viewer>();
  readonly #sent = new SentBytes();
  #broadcastThrough: Cursor;
  #flushNotBeforeMs = 0;
  #flushPlanned = false;
  #page: { after: Cursor; upTo: Cursor; messages: ReadyMessage[] } | null = null;

  constructor(deps: AudienceDeps) {
    this.#deps = deps;
    // A room sleeps only when every broadcast is done, so whoever was live before it woke has the whole log.
    this.#broadcastThrough = deps.log.head;
  }

  get size(): number {
    return this.#viewers.size;
  }

  viewerOf(socket: ViewerSocket): Viewer | undefined {
    return this.#viewers.get(socket);
  }

  viewers(): Iterable<Viewer> {
    return this.#viewers.values();
  }

  /** A viewer connects, with its last cursor or without a past. */
  join(socket: ViewerSocket, since: Cursor | null, expiresAtMs: number | null): void {
    this.#flush();
    const { log, nowMs } = this.#deps;
    const position = since === null ? log.head : (Math.min(since, log.head) as Cursor);
    const viewer = newViewer(socket, nowMs(), {
      expiresAtMs,
      phase: { kind: "replaying", position, replayed: 0, complete: true },
    });
    this.#viewers.set(socket, viewer);
    this.#say(viewer, {
      type: "hello",
      room: this.#deps.symbol,
      cursor: log.head,
      oldest: log.prunedThrough,
      heartbeat_ms: HEARTBEAT_MS,
      window: WINDOW_BYTES,
    });
    if (since === null) this.#saySnapshot(viewer);
    this.#advance(viewer);
  }

  /** A socket that slept with the room is here again. */
  rejoin(socket: ViewerSocket, attachment: ViewerAttachment): void {
    const viewer = newViewer(socket, this.#deps.nowMs(), attachment);
    this.#viewers.set(socket, viewer);
    if (viewer.phase.kind === "live") this.#live.add(viewer);
    else this.#advance(viewer);
  }

  leave(socket: ViewerSocket): void {
    const viewer = this.#viewers.get(socket);
    if (viewer === undefined) return;
    this.#viewers.delete(socket);
    this.#live.delete(viewer);
  }

  /** Closes a viewer's socket for one of the reasons of the protocol. */
  dismiss(viewer: Viewer, reason: CloseReason): void {
    this.leave(viewer.socket);
    const { code, reason: words } = CLOSE_CODES[reason];
    viewer.socket.close(code, words);
  }

  /** The viewer has everything up to `cursor`. */
  acknowledged(viewer: Viewer, cursor: Cursor): void {
    acknowledge(viewer, cursor, this.#sent);
    if (viewer.phase.kind === "replaying") this.#advance(viewer);
  }

  /** Frames were appended to the log: send them, at once if the room is quiet, else with what gathers meanwhile. */
  published(): void {
    if (this.#viewers.size === 0) {
      this.#broadcastThrough = this.#deps.log.head;
      return;
    }
    if (this.#flushPlanned) return;
    const pauseMs = this.#flushNotBeforeMs - this.#deps.nowMs();
    if (pauseMs <= 0) this.#flush();
    else this.#planFlush(pauseMs);
  }

  #planFlush(pauseMs: number): void {
    this.#flushPlanned = true;
    this.#deps.keepAwake(
      this.#deps.wait(pauseMs).then(() => {
        this.#flushPlanned = false;
        this.#flush();
      }),
    );
  }

  #flush(): void {
    const { log } = this.#deps;
    if (this.#broadcastThrough >= log.head) return;
    if (this.#live.size === 0) {
      this.#broadcastThrough = log.head;
      this.#deps.takeBars();
      this.#advanceWaiting();
      return;
    }
    let messages = 0;
    for (const message of messagesOf(log.framesAfter(this.#broadcastThrough, log.head))) {
      this.#broadcast(message);
      messages += 1;
      if (messages === MESSAGES_A_FLUSH) break;
    }
    this.#deps.foldToHead();
    const bars = this.#deps.takeBars();
    for (const bar of bars) for (const viewer of this.#live) this.#sendTo(viewer, bar);
    const pauseMs = flushPauseMs(this.#live.size, messages + bars.length);
    this.#flushNotBeforeMs = this.#deps.nowMs() + pauseMs;
    if (this.#broadcastThrough < log.head && !this.#flushPlanned) this.#planFlush(pauseMs);
    this.#advanceWaiting();
  }

  #broadcast(message: ReadyMessage): void {
    const position = this.#broadcastThrough;
    const { total } = this.#sent;
    for (const viewer of this.#live) {
      if (outstandingBytes(viewer, total) >= WINDOW_BYTES) {
        this.#live.delete(viewer);
        fallBehind(viewer, position, total, this.#deps.nowMs());
      } else {
        this.#sendTo(viewer, message.text);
      }
    }
    this.#sent.add(message.cursor, message.text.length);
    this.#broadcastThrough = message.cursor;
  }

  #advanceWaiting(): void {
    if (this.#live.size === this.#viewers.size) return;
    for (const viewer of this.#viewers.values()) {
      if (viewer.phase.kind === "replaying") this.#advance(viewer);
    }
  }

  /** Sends a replaying viewer what its window allows, until it waits for an ack, for Postgres, or is live. */
  #advance(viewer: Viewer): void {
    while (viewer.phase.kind === "replaying" && !viewer.reading) {
      const { position, complete } = viewer.phase;
      const { log } = this.#deps;
      if (isWindowFull(viewer, this.#sent.total)) {
        viewer.blockedSinceMs ??= this.#deps.nowMs();
        break;
      }
      viewer.blockedSinceMs = null;
      if (position < log.prunedThrough) {
        this.#readArchive(viewer, position);
      } else if (position < this.#broadcastThrough) {
        this.#sendPage(viewer, viewer.phase);
      } else if (position > this.#broadcastThrough) {
        break;
      } else if (!complete && log.head > this.#broadcastThrough) {
        // After a gap a snapshot is due, and it holds the whole log: the live stream has to be there as well.
        break;
      } else {
        this.#goLive(viewer);
      }
    }
    if (viewer.phase.kind === "replaying" && this.#viewers.has(viewer.socket))
      saveAttachment(viewer);
  }

  #sendPage(viewer: Viewer, phase: Extract<Viewer["phase"], { kind: "replaying" }>): void {
    for (const message of this.#pageAfter(phase.position)) {
      this.#sendTo(viewer, message.text);
      countOwn(viewer, message.cursor, message.text.length);
      phase.position = message.cursor;
      phase.replayed += message.events;
    }
  }

  /** Viewers that reconnect together stand at the same cursor: a page is made once for all of them. */
  #pageAfter(after: Cursor): ReadyMessage[] {
    const upTo = this.#broadcastThrough;
    if (this.#page?.after === after && this.#page.upTo === upTo) return this.#page.messages;
    const messages: ReadyMessage[] = [];
    let bytes = 0;
    for (const message of messagesOf(this.#deps.log.framesAfter(after, upTo))) {
      messages.push(message);
      bytes += message.text.length;
      if (bytes >= PAGE_BYTES) break;
    }
    this.#page = { after, upTo, messages };
    return messages;
  }

  #readArchive(viewer: Viewer, after: Cursor): void {
    viewer.reading = true;
    saveAttachment(viewer);
    const { prunedThrough } = this.#deps.log;
    const read = readPatiently(this.#deps.readArchive, this.#deps.wait, after, prunedThrough);
    this.#deps.keepAwake(
      read.then((page) => {
        viewer.reading = false;
        if (viewer.phase.kind !== "replaying" || !this.#viewers.has(viewer.socket)) return;
        if (page.kind === "unavailable") {
          this.#say(viewer, {
            type: "gap",
            from: after,
            to: prunedThrough,
            reason: "unavailable",
            dropped: null,
          });
          viewer.phase.position = prunedThrough;
          viewer.phase.complete = false;
        } else {
          for (const message of messagesOf(page.frames)) {
            this.#sendTo(viewer, message.text);
            countOwn(viewer, message.cursor, message.text.length);
            viewer.phase.replayed += message.events;
          }
          viewer.phase.position = page.through;
        }
        this.#advance(viewer);
      }),
    );
  }

  #goLive(viewer: Viewer): void {
    if (viewer.phase.kind !== "replaying") return;
    const { position: cursor, replayed, complete } = viewer.phase;
    if (!complete) this.#saySnapshot(viewer);
    this.#say(viewer, { type: "caught_up", cursor, replayed, complete });
    viewer.phase = { kind: "live" };
    viewer.ackedLive = this.#sent.total;
    this.#live.add(viewer);
    saveAttachment(viewer);
  }

  #saySnapshot(viewer: Viewer): void {
    const values = this.#deps.foldToHead();
    this.#say(viewer, {
      type: "snapshot",
      cursor: this.#deps.log.head,
      metrics: values.metrics,
      bar: values.bar,
      trade: values.trade,
    });
  }

  #say(viewer: Viewer, message: ServerMessage): void {
    this.#sendTo(viewer, JSON.stringify(message));
  }

  #sendTo(viewer: Viewer, text: string): void {
    try {
      viewer.socket.send(text);
    } catch {
      // The socket closed and its close event is still on the way: the viewer comes back with its cursor.
      this.leave(viewer.socket);
    }
  }
}
