import { CLOSE_CODES, type CloseReason } from "../../../src/protocol/socket/close-codes.ts";
import { HEARTBEAT_MS, PONG } from "../../../src/protocol/socket/heartbeat.ts";
import type {
  BarMessage,
  Gap,
  ServerMessage,
} from "../../../src/protocol/socket/server-message.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { metrics } from "../../../src/telemetry/metrics.ts";
import { resumptionOf } from "../log/resume.ts";
import type { WatchedLog } from "../log/watched-log.ts";
import type { ReadArchive } from "../past/archive.ts";
import type { LastValuesFold } from "../state/last-values.ts";
import { Holders } from "./door/holders.ts";
import { hasEnded, idleReason } from "./door/idle-check.ts";
import type { FanOutPace } from "./fan-out-pace.ts";
import { LiveStream } from "./live-stream.ts";
import type { MessageLimits } from "./messages/messages.ts";
import { snapshotMessage } from "./messages/snapshot-message.ts";
import { Replay } from "./replay.ts";
import type { PageMemory } from "./replay-pages.ts";
import {
  acknowledge,
  firstAttachment,
  grainOf,
  type Holder,
  heard,
  saveIfStale,
  toldThrough,
  type Viewer,
  type ViewerAttachment,
  type ViewerSocket,
  viewerOf,
} from "./viewer.ts";

export interface ViewersDeps {
  symbol: SymbolName;
  log: WatchedLog;
  /** Most bytes a viewer may have unacknowledged. */
  windowBytes: number;
  messageLimits: MessageLimits;
  /** Shared by the rooms of an object. */
  pages: PageMemory;
  pace: FanOutPace;
  /** The last values with every frame of the log in them. */
  foldToHead: () => LastValuesFold;
  /** Live viewers have been sent something. */
  flushed: () => void;
  /** Bars that the frames after `after` and up to `through` closed or corrected. */
  barsOf: (after: Cursor, through: Cursor) => string[];
  /** Every live viewer has the bars of the frames up to here. */
  forgetBars: (through: Cursor) => void;
  readArchive: ReadArchive;
  nowMs: () => number;
  wait: (ms: number) => Promise<void>;
  /** Keeps the object awake until the work is done. */
  keepAwake: (work: Promise<void>) => void;
}

/** The viewers of a room: who is here, and what each of them is told. `Replay` brings them to live, `LiveStream` goes on. */
export class Viewers {
  readonly #deps: ViewersDeps;
  readonly #viewers = new Map<ViewerSocket, Viewer>();
  readonly #holders = new Holders();
  readonly #live: LiveStream;
  readonly #replay: Replay;
  #nextEndMs = Number.POSITIVE_INFINITY;
  /** Viewers that come together are told the same: it is made once for all of them. */
  #snapshot: { cursor: Cursor; text: string } | null = null;

  constructor(deps: ViewersDeps) {
    this.#deps = deps;
    const { log, messageLimits, windowBytes, pages, pace, nowMs, wait, keepAwake } = deps;
    const send = (viewer: Viewer, text: string) => this.#send(viewer, text);
    this.#live = new LiveStream({
      ...{ log, messageLimits, pace, send, nowMs, wait, keepAwake },
      grainBytes: grainOf(windowBytes),
      barsOf: (after, through) => {
        deps.foldToHead();
        return deps.barsOf(after, through);
      },
      forgetBars: deps.forgetBars,
      closeEnded: () => this.closeEnded(),
      moved: () => this.#moved(),
    });
    this.#replay = new Replay({
      ...{ log, messageLimits, windowBytes, pages, send, nowMs, keepAwake },
      live: this.#live,
      readArchive: deps.readArchive,
      isHere: (viewer) => this.#viewers.get(viewer.socket) === viewer,
      sendSnapshot: (viewer) => this.#sendSnapshot(viewer),
    });
  }

  get size(): number {
    return this.#viewers.size;
  }

  /** How many are live. */
  get live(): number {
    return this.#live.size;
  }

  /** How far the live viewers have been sent the log; null where there is none. */
  get liveThrough(): Cursor | null {
    return this.#live.size === 0 ? null : this.#live.through;
  }

  /** Sends every live viewer a bar, beside the log, or each that has been sent the log up to `from`. */
  tellLive(message: BarMessage, from = 0 as Cursor): void {
    this.#live.tell(JSON.stringify(message), from);
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

  /** A viewer connects, with its last cursor, and perhaps the log that it is of, or without a past. */
  join(socket: ViewerSocket, since: Cursor | null, holder: Holder, of: LogId | null = null): void {
    const { log, nowMs, symbol, windowBytes } = this.#deps;
    const resumption = resumptionOf(log, since ?? log.head, of);
    const complete = resumption.kind === "replay";
    const position = resumption.kind === "replay" ? resumption.after : resumption.to;
    const phase = { kind: "replaying", position, replayed: 0, complete } as const;
    const viewer = this.#enter(socket, {
      ...firstAttachment(phase, holder, nowMs()),
      ...(since !== null && since > log.head && { aheadCursor: since }),
    });
    this.#sendMessage(viewer, {
      type: "hello",
      room: symbol,
      cursor: log.head,
      oldest: log.oldest,
      log: log.logId,
      heartbeat_ms: HEARTBEAT_MS,
      // An ack is due after half of the window, so that none that is in time can come too late.
      window: Math.floor(windowBytes / 2),
    });
    if (since === null) this.#sendSnapshot(viewer);
    if (resumption.kind === "reset") {
      const { from, to } = resumption;
      const gap: Gap = { type: "gap", from, to, reason: "reset", dropped: null };
      metrics.gaps.add(1, { reason: gap.reason });
      this.#sendMessage(viewer, gap);
    }
    this.#replay.advance(viewer);
  }

  /** A socket that slept with the room is here again. */
  rejoin(socket: ViewerSocket, attachment: ViewerAttachment): void {
    const viewer = this.#enter(socket, attachment);
    if (viewer.phase.kind === "live") this.#live.reenter(viewer);
    else this.#replay.advance(viewer);
  }

  leave(socket: ViewerSocket): void {
    const viewer = this.#viewers.get(socket);
    if (viewer === undefined) return;
    this.#viewers.delete(socket);
    this.#live.leave(viewer);
    this.#holders.leave(viewer.key);
  }

  #enter(socket: ViewerSocket, attachment: ViewerAttachment): Viewer {
    const { log, nowMs, windowBytes } = this.#deps;
    const messages = this.#holders.enter(attachment.key, nowMs());
    const viewer = viewerOf(socket, windowBytes, attachment, messages, log.head);
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

  /** Closes the viewers that are silent, do not read, or may not be here any more. */
  idleCheck(): void {
    this.closeEnded();
    const nowMs = this.#deps.nowMs();
    for (const viewer of this.#viewers.values()) {
      const reason = idleReason(viewer, viewer.socket.pingedMs(), nowMs);
      if (reason !== null) this.close(viewer, reason);
    }
    this.#replay.forgetPages();
    this.#snapshot = null;
  }

  /** Closes a viewer's socket for one of the reasons of the protocol. */
  close(viewer: Viewer, reason: CloseReason): void {
    this.leave(viewer.socket);
    const { code, reason: words } = CLOSE_CODES[reason];
    metrics.closedViewers.add(1, { reason });
    viewer.socket.close(code, words);
  }

  /** Closes all of them. */
  closeAll(reason: CloseReason): void {
    for (const viewer of this.#viewers.values()) this.close(viewer, reason);
  }

  /** The viewer said something. */
  heard(viewer: Viewer): void {
    heard(viewer, this.#deps.nowMs(), this.#live.sent);
  }

  /** What the viewer said means nothing here. Nobody acknowledges errors, so a window of them is all that anybody gets. */
  sendError(viewer: Viewer, why: string): void {
    const message: ServerMessage = { type: "error", code: "bad_message", message: why };
    const text = JSON.stringify(message);
    viewer.errorBytes += text.length;
    if (viewer.errorBytes > this.#deps.windowBytes) this.close(viewer, "tooManyMessages");
    else this.#send(viewer, text);
  }

  /** Its ping, which the platform did not answer. */
  pinged(viewer: Viewer): void {
    this.#send(viewer, PONG);
  }

  /** The viewer has everything up to `cursor`. Who says so of what it was not sent reads nothing, and is closed (SPEC F-2). */
  acknowledged(viewer: Viewer, cursor: Cursor): void {
    if (cursor > toldThrough(viewer)) {
      // A cursor that it came with and that is ahead of the log says nothing.
      if (cursor > (viewer.aheadCursor ?? 0)) this.close(viewer, "acknowledgedUnsent");
      return;
    }
    acknowledge(viewer, cursor, this.#live.sent);
    if (viewer.phase.kind === "replaying") this.#replay.advance(viewer);
    else saveIfStale(viewer, this.#live.sent);
  }

  /** A window that it shares with others has room again. */
  goOn(socket: ViewerSocket): void {
    const viewer = this.#viewers.get(socket);
    if (viewer?.phase.kind === "replaying") this.#replay.advance(viewer);
  }

  /** Frames were appended to the log; `isAfterAck`: nobody waits. Gives what was sent, in ms. */
  published(isAfterAck = false): number {
    if (this.#viewers.size > 0) return this.#live.published(isAfterAck);
    this.#live.skip();
    return 0;
  }

  /** The log goes on elsewhere than where the live viewers are: they replay what lies between. */
  restart(): void {
    this.#live.restart();
  }

  #moved(): void {
    if (this.#live.size > 0) this.#deps.flushed();
    if (this.#live.size === this.#viewers.size) return;
    for (const viewer of this.#viewers.values()) {
      if (viewer.phase.kind === "replaying") this.#replay.advance(viewer);
    }
  }

  #sendSnapshot(viewer: Viewer): void {
    const { head } = this.#deps.log;
    if (this.#snapshot?.cursor !== head) {
      const message = snapshotMessage(head, this.#deps.foldToHead());
      this.#snapshot = { cursor: head, text: JSON.stringify(message) };
    }
    this.#send(viewer, this.#snapshot.text);
  }

  #sendMessage(viewer: Viewer, message: ServerMessage): void {
    this.#send(viewer, JSON.stringify(message));
  }

  #send(viewer: Viewer, text: string): void {
    try {
      viewer.socket.send(text);
    } catch {
      // The socket closed and its close event is still on the way: the viewer comes back with its cursor.
      this.leave(viewer.socket);
    }
  }
}
