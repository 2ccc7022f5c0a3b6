import { snapshotOf } from "../../../src/core/book-samples.ts";
import { CLOSE_CODES, type CloseReason } from "../../../src/protocol/close-codes.ts";
import { HEARTBEAT_MS, PONG } from "../../../src/protocol/heartbeat.ts";
import type { BarMessage, ServerMessage } from "../../../src/protocol/server-message.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { Cursor } from "../../../src/protocol/time.ts";
import type { FramesPage, ReadArchive } from "../archive.ts";
import type { FanOutPace } from "./fan-out-pace.ts";
import { Holders } from "./holders.ts";
import type { LastValuesFold } from "../last-values.ts";
import type { RoomLog } from "../log.ts";
import { messagesOf, type ReadyMessage } from "./messages.ts";
import { idleReason, hasEnded } from "./idle-check.ts";
import {
  acknowledge,
  countOwn,
  fallBehind,
  firstAttachment,
  grainOf,
  type Holder,
  heard,
  isWindowFull,
  saveAttachment,
  saveIfStale,
  type Viewer,
  type ViewerAttachment,
  type ViewerSocket,
  viewerOf,
} from "./viewer.ts";
import { SentBytes } from "./window.ts";

/** A replay is sent in pages of this part of the window, for a page is not cut where the window ends. */
const PAGE_SHARE = 1 / 16;

export interface ViewersDeps {
  symbol: SymbolName;
  log: RoomLog;
  /** Most bytes a viewer may have unacknowledged. */
  windowBytes: number;
  pace: FanOutPace;
  /** The last values with every frame of the log in them. */
  foldToHead: () => LastValuesFold;
  /** Live viewers have been sent something. */
  flushed: () => void;
  /** Takes the bars that the frames after `after` and up to `through` closed or corrected, and forgets older ones. */
  takeBars: (after: Cursor, through: Cursor) => string[];
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
export class Viewers {
  readonly #deps: ViewersDeps;
  readonly #viewers = new Map<ViewerSocket, Viewer>();
  readonly #holders = new Holders();
  #live = new Set<Viewer>();
  readonly #sent: SentBytes;
  #broadcastThrough: Cursor;
  #lastFlush: { atMs: number; pauseMs: number } | null = null;
  #flushPlanned = false;
  #page: { after: Cursor; upTo: Cursor; messages: ReadyMessage[] } | null = null;
  #archived: { page: FramesPage; messages: ReadyMessage[] } | null = null;
  #nextEndMs = Number.POSITIVE_INFINITY;

  constructor(deps: ViewersDeps) {
    this.#deps = deps;
    this.#sent = new SentBytes(grainOf(deps.windowBytes));
    // A room sleeps only when every broadcast is done, so whoever was live before it woke has the whole log.
    this.#broadcastThrough = deps.log.head;
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** How far the live viewers have been sent the log; null where there is none. */
  get liveThrough(): Cursor | null {
    return this.#live.size === 0 ? null : this.#broadcastThrough;
  }

  /** A word to every live viewer beside the log. */
  tellLive(message: BarMessage): void {
    const text = JSON.stringify(message);
    for (const viewer of this.#live) this.#sendTo(viewer, text);
  }

  viewerOf(socket: ViewerSocket): Viewer | undefined {
    return this.#viewers.get(socket);
  }

  /** Sockets that a viewer has in this room. */
  socketsOf(key: string | null): number {
    return this.#holders.socketsOf(key);
  }

  /** When the next token ends, in ms; infinity where none does. It may be that of a viewer that has left. */
  get nextEndMs(): number {
    return this.#nextEndMs;
  }

  /** A viewer connects, with its last cursor or without a past. */
  join(socket: ViewerSocket, since: Cursor | null, holder: Holder): void {
    this.#flush();
    const { log, nowMs, windowBytes } = this.#deps;
    const position = since === null ? log.head : (Math.min(since, log.head) as Cursor);
    const phase = { kind: "replaying", position, replayed: 0, complete: true } as const;
    const viewer = this.#enter(socket, {
      ...firstAttachment(phase, holder, nowMs()),
      ...(since !== null && since > log.head && { aheadCursor: since }),
    });
    this.#say(viewer, {
      type: "hello",
      room: this.#deps.symbol,
      cursor: log.head,
      oldest: log.prunedThrough,
      heartbeat_ms: HEARTBEAT_MS,
      // An ack is due after half of the window, so that none that is in time can come too late.
      window: Math.floor(windowBytes / 2),
    });
    if (since === null) this.#saySnapshot(viewer);
    this.#advance(viewer);
  }

  /** A socket that slept with the room is here again. */
  rejoin(socket: ViewerSocket, attachment: ViewerAttachment): void {
    const viewer = this.#enter(socket, attachment);
    if (viewer.phase.kind === "live") this.#live.add(viewer);
    else this.#advance(viewer);
  }

  leave(socket: ViewerSocket): void {
    const viewer = this.#viewers.get(socket);
    if (viewer === undefined) return;
    this.#viewers.delete(socket);
    this.#live.delete(viewer);
    this.#holders.leave(viewer.key);
  }

  #enter(socket: ViewerSocket, attachment: ViewerAttachment): Viewer {
    const { nowMs, windowBytes } = this.#deps;
    const messages = this.#holders.enter(attachment.key, nowMs());
    const viewer = viewerOf(socket, windowBytes, attachment, messages);
    this.#viewers.set(socket, viewer);
    this.#nextEndMs = Math.min(this.#nextEndMs, viewer.expiresAtMs ?? Number.POSITIVE_INFINITY);
    return viewer;
  }

  /** Closes the viewers whose tokens have ended. It costs nothing until one does, so it comes before anything is sent. */
  closeEnded(): void {
    const nowMs = this.#deps.nowMs();
    if (nowMs < this.#nextEndMs) return;
    this.#nextEndMs = Number.POSITIVE_INFINITY;
    for (const viewer of this.#viewers.values()) {
      if (hasEnded(viewer, nowMs)) this.close(viewer, "tokenExpired");
      else this.#nextEndMs = Math.min(this.#nextEndMs, viewer.expiresAtMs ?? this.#nextEndMs);
    }
  }

  /** Looks for viewers that must go. */
  idleCheck(): void {
    this.closeEnded();
    const nowMs = this.#deps.nowMs();
    for (const viewer of this.#viewers.values()) {
      const reason = idleReason(viewer, viewer.socket.pingedMs(), nowMs);
      if (reason !== null) this.close(viewer, reason);
    }
    this.#archived = null;
  }

  /** Closes a viewer's socket for one of the reasons of the protocol. */
  close(viewer: Viewer, reason: CloseReason): void {
    this.leave(viewer.socket);
    const { code, reason: words } = CLOSE_CODES[reason];
    viewer.socket.close(code, words);
  }

  /** The viewer said something. */
  heard(viewer: Viewer): void {
    heard(viewer, this.#deps.nowMs(), this.#sent);
  }

  /** What the viewer said means nothing here. Nobody acknowledges errors, so a window of them is all that anybody gets. */
  sendError(viewer: Viewer, why: string): void {
    const message: ServerMessage = { type: "error", code: "bad_message", message: why };
    const text = JSON.stringify(message);
    viewer.errorBytes += text.length;
    if (viewer.errorBytes > this.#deps.windowBytes) this.close(viewer, "tooManyMessages");
    else this.#sendTo(viewer, text);
  }

  /** Its ping, which the platform did not answer. */
  pinged(viewer: Viewer): void {
    this.#sendTo(viewer, PONG);
  }

  /** The viewer has everything up to `cursor`. Who says so of what it was not sent reads nothing, and is closed (SPEC F-2). */
  acknowledged(viewer: Viewer, cursor: Cursor): void {
    const sentThrough =
      viewer.phase.kind === "live" ? this.#broadcastThrough : viewer.phase.position;
    if (cursor > sentThrough) {
      // A cursor that it came with and that is ahead of the log says nothing.
      if (cursor > (viewer.aheadCursor ?? 0)) this.close(viewer, "acknowledgedUnsent");
      return;
    }
    acknowledge(viewer, cursor, this.#sent);
    if (viewer.phase.kind === "replaying") this.#advance(viewer);
    else saveIfStale(viewer, this.#sent);
  }

  /** Frames were appended to the log: send them, at once if the room is quiet, else with what gathers meanwhile. */
  published(): void {
    if (this.#viewers.size === 0) {
      this.#broadcastThrough = this.#deps.log.head;
      return;
    }
    const pauseMs = this.#pauseMs();
    if (this.#flushPlanned) return;
    if (pauseMs <= 0) this.#flush();
    else this.#planFlush(pauseMs);
  }

  /** What is left of the pause after the last flush; a clock that was turned back makes it no longer than it was. */
  #pauseMs(): number {
    const nowMs = this.#deps.nowMs();
    if (this.#lastFlush === null) return 0;
    const { atMs, pauseMs } = this.#lastFlush;
    return pauseMs - Math.max(0, nowMs - atMs);
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
    this.closeEnded();
    if (this.#live.size === 0) {
      this.#broadcastThrough = log.head;
      this.#advanceWaiting();
      return;
    }
    if (this.#broadcastThrough < log.prunedThrough) {
      this.#leaveBehind();
      return;
    }
    const before = this.#broadcastThrough;
    let messages = 0;
    for (const message of messagesOf(log.framesAfter(this.#broadcastThrough, log.head))) {
      this.#broadcast(message);
      messages += 1;
      if (messages === this.#deps.pace.messagesAFlush) break;
    }
    this.#deps.foldToHead();
    // Only bars of frames that went out: a bar must not hold a trade that its viewers do not have (SPEC B-3).
    const bars = this.#deps.takeBars(before, this.#broadcastThrough);
    for (const bar of bars) for (const viewer of this.#live) this.#sendTo(viewer, bar);
    const pauseMs = this.#deps.pace.pauseMs(this.#live.size, messages + bars.length);
    this.#lastFlush = { atMs: this.#deps.nowMs(), pauseMs };
    if (this.#broadcastThrough < log.head && !this.#flushPlanned) this.#planFlush(pauseMs);
    this.#deps.flushed();
    this.#advanceWaiting();
  }

  /**
   * The log was pruned past the live stream, as happens where far more is pushed than the viewers can be sent: they go
   * on from Postgres, each at its own pace (INV-2).
   */
  #leaveBehind(): void {
    for (const viewer of this.#live) {
      fallBehind(viewer, this.#broadcastThrough, this.#sent, this.#deps.nowMs());
    }
    this.#live.clear();
    this.#broadcastThrough = this.#deps.log.head;
    this.#advanceWaiting();
  }

  #broadcast(message: ReadyMessage): void {
    const position = this.#broadcastThrough;
    for (const viewer of this.#live) {
      if (isWindowFull(viewer, this.#sent.total)) {
        this.#live.delete(viewer);
        fallBehind(viewer, position, this.#sent, this.#deps.nowMs());
      } else {
        this.#sendTo(viewer, message.text);
        saveIfStale(viewer, this.#sent);
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
    while (viewer.phase.kind === "replaying" && !viewer.reading && this.#isHere(viewer)) {
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
    if (viewer.phase.kind === "replaying" && this.#isHere(viewer)) {
      saveAttachment(viewer, this.#sent);
    }
  }

  /** False once its socket has failed or closed, which a send in the middle of a replay can bring about. */
  #isHere(viewer: Viewer): boolean {
    return this.#viewers.get(viewer.socket) === viewer;
  }

  #sendPage(viewer: Viewer, phase: Extract<Viewer["phase"], { kind: "replaying" }>): void {
    const page = this.#pageAfter(phase.position);
    for (const message of page) this.#sendOwn(viewer, phase, message);
    // A log that reaches back to the beginning of everything has nothing in the time before it was made.
    if (page.length === 0) phase.position = this.#broadcastThrough;
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
      if (bytes >= this.#deps.windowBytes * PAGE_SHARE) break;
    }
    this.#page = { after, upTo, messages };
    return messages;
  }

  #readArchive(viewer: Viewer, after: Cursor): void {
    viewer.reading = true;
    saveAttachment(viewer, this.#sent);
    const { prunedThrough } = this.#deps.log;
    this.#deps.keepAwake(
      this.#deps.readArchive(after, prunedThrough).then((page) => {
        viewer.reading = false;
        if (viewer.phase.kind !== "replaying" || !this.#isHere(viewer)) return;
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
          this.#sendArchived(viewer, viewer.phase, page);
        }
        this.#advance(viewer);
      }),
    );
  }

  /** Sends a page of Postgres as far as the window allows; what is left of it is read again after an ack. */
  #sendArchived(
    viewer: Viewer,
    phase: Extract<Viewer["phase"], { kind: "replaying" }>,
    page: FramesPage,
  ): void {
    // Viewers of a crowd are given the same page: its messages are made once.
    if (this.#archived?.page !== page) {
      this.#archived = { page, messages: [...messagesOf(page.frames)] };
    }
    for (const message of this.#archived.messages) {
      if (isWindowFull(viewer, this.#sent.total)) return;
      this.#sendOwn(viewer, phase, message);
    }
    phase.position = page.through;
  }

  #sendOwn(
    viewer: Viewer,
    phase: Extract<Viewer["phase"], { kind: "replaying" }>,
    message: ReadyMessage,
  ): void {
    this.#sendTo(viewer, message.text);
    countOwn(viewer, message.cursor, message.text.length);
    phase.position = message.cursor;
    phase.replayed += message.events;
  }

  #goLive(viewer: Viewer): void {
    if (viewer.phase.kind !== "replaying") return;
    const { position: cursor, replayed, complete } = viewer.phase;
    if (!complete) this.#saySnapshot(viewer);
    this.#say(viewer, { type: "caught_up", cursor, replayed, complete });
    viewer.phase = { kind: "live" };
    if (!this.#isHere(viewer)) return;
    viewer.ackedLive = this.#sent.total;
    this.#live.add(viewer);
    saveAttachment(viewer, this.#sent);
  }

  #saySnapshot(viewer: Viewer): void {
    const values = this.#deps.foldToHead();
    this.#say(viewer, {
      type: "snapshot",
      cursor: this.#deps.log.head,
      metrics: values.metrics,
      bar: values.bar,
      trade: values.trade,
      positions: values.positions,
      book: values.book === null ? null : snapshotOf(values.book),
      ...(values.truncated !== null && { truncated: values.truncated }),
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
