import type { CaughtUp, Gap } from "../../../src/protocol/socket/server-message.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { metrics } from "../../../src/telemetry/metrics.ts";
import type { WatchedLog } from "../log/watched-log.ts";
import type { FramesPage, ReadArchive } from "../past/archive.ts";
import type { LiveStream } from "./live-stream.ts";
import { type MessageLimits, messagesOf, type ReadyMessage } from "./messages/messages.ts";
import { type PageMemory, ReplayPages } from "./replay-pages.ts";
import { countOwn, isWindowFull, saveAttachment, type Viewer, type ViewerPhase } from "./viewer.ts";

/** A replay is sent in pages of this part of the window, for a page is not cut where the window ends. */
const PAGE_SHARE = 1 / 16;

type Replaying = Extract<ViewerPhase, { kind: "replaying" }>;

export interface ReplayDeps {
  log: WatchedLog;
  live: LiveStream;
  /** Most bytes a viewer may have unacknowledged. */
  windowBytes: number;
  messageLimits: MessageLimits;
  /** Shared by the rooms of an object. */
  pages: PageMemory;
  readArchive: ReadArchive;
  /** Sends to one viewer; where its socket has failed the viewer leaves. */
  send: (viewer: Viewer, text: string) => void;
  /** False once a viewer has left, which a send in the middle of a replay can bring about. */
  isHere: (viewer: Viewer) => boolean;
  /** The last values, at the head of the log. */
  sendSnapshot: (viewer: Viewer) => void;
  nowMs: () => number;
  /** Keeps the object awake until the work is done. */
  keepAwake: (work: Promise<void>) => void;
}

/**
 * Brings a viewer from its cursor to live: from Postgres, then from the log, at the pace of its acknowledgements.
 *
 * Replay stops where the live stream is, and only a viewer that stands exactly there goes live, so live never overtakes
 * replay (INV-4) and nothing falls between them (INV-2).
 */
export class Replay {
  readonly #deps: ReplayDeps;
  readonly #pages: ReplayPages;
  #archived: { page: FramesPage; messages: ReadyMessage[] } | null = null;

  constructor(deps: ReplayDeps) {
    this.#deps = deps;
    this.#pages = new ReplayPages(deps.pages);
  }

  /** Sends a replaying viewer what its window allows, until it waits for an ack, for Postgres, or is live. */
  advance(viewer: Viewer): void {
    const { log, live, isHere, nowMs } = this.#deps;
    while (viewer.phase.kind === "replaying" && !viewer.reading && isHere(viewer)) {
      const { position, complete } = viewer.phase;
      if (isWindowFull(viewer)) {
        viewer.blockedSinceMs ??= nowMs();
        break;
      }
      viewer.blockedSinceMs = null;
      if (position < log.prunedThrough) {
        this.#readArchive(viewer, position);
      } else if (position < live.front) {
        this.#sendPage(viewer, viewer.phase);
      } else if (position > live.front) {
        break;
      } else if (!complete && log.head > live.front) {
        // After a gap a snapshot is due, and it holds the whole log: the live stream has to be there as well.
        live.awaitHead();
        break;
      } else {
        this.#goLive(viewer, viewer.phase);
      }
    }
    if (viewer.phase.kind === "replaying" && isHere(viewer)) saveAttachment(viewer, live.sent);
  }

  /** Pages are kept for a crowd, which comes together or not at all. */
  forgetPages(): void {
    this.#pages.forget();
    this.#archived = null;
  }

  #sendPage(viewer: Viewer, phase: Replaying): void {
    const page = this.#pageAfter(phase.position);
    for (const message of page) this.#sendOwn(viewer, phase, message);
    // A log that reaches back to the beginning of everything has nothing in the time before it was made.
    if (page.length === 0) phase.position = this.#deps.live.front;
  }

  /** Viewers that reconnect together stand at the same cursor: a page is made once for all of them. */
  #pageAfter(after: Cursor): readonly ReadyMessage[] {
    const { log, live, windowBytes, messageLimits } = this.#deps;
    const upTo = live.front;
    const known = this.#pages.find(after, upTo);
    if (known !== undefined) return known;
    const messages: ReadyMessage[] = [];
    let bytes = 0;
    for (const message of messagesOf(log.framesAfter(after, upTo), messageLimits)) {
      messages.push(message);
      bytes += message.text.length;
      if (bytes >= windowBytes * PAGE_SHARE) break;
    }
    const isFull = bytes >= windowBytes * PAGE_SHARE;
    this.#pages.keep(after, { messages, upTo, isFull });
    return messages;
  }

  #readArchive(viewer: Viewer, after: Cursor): void {
    const { log, live, readArchive, keepAwake } = this.#deps;
    viewer.reading = true;
    saveAttachment(viewer, live.sent);
    const { prunedThrough } = log;
    keepAwake(
      readArchive(after, prunedThrough).then((page) => {
        viewer.reading = false;
        if (viewer.phase.kind !== "replaying" || !this.#deps.isHere(viewer)) return;
        if (page.kind === "unavailable") this.#skipTo(viewer, viewer.phase, prunedThrough);
        else {
          this.#tellExpired(viewer, viewer.phase, page, prunedThrough);
          this.#sendArchived(viewer, viewer.phase, page);
        }
        this.advance(viewer);
      }),
    );
  }

  /** Postgres alone has what is up to `to`, and cannot be read. */
  #skipTo(viewer: Viewer, phase: Replaying, to: Cursor): void {
    this.#sayGap(viewer, phase, { to, reason: "unavailable" });
    phase.position = to;
  }

  /**
   * Of what is up to `to` in Postgres alone some is kept no more: said once in a replay, before what is kept of it (SPEC S-10). More
   * may go while a replay goes on, and then that is said too.
   */
  #tellExpired(viewer: Viewer, phase: Replaying, page: FramesPage, to: Cursor): void {
    const through = Math.min(page.expiredThrough ?? 0, to) as Cursor;
    if (through <= phase.position || through <= (phase.expiredTold ?? 0)) return;
    this.#sayGap(viewer, phase, { to: through, reason: "expired" });
    phase.expiredTold = through;
  }

  #sayGap(viewer: Viewer, phase: Replaying, said: Pick<Gap, "to" | "reason">): void {
    const gap: Gap = { type: "gap", from: phase.position, ...said, dropped: null };
    metrics.gaps.add(1, { reason: gap.reason });
    this.#deps.send(viewer, JSON.stringify(gap));
    phase.complete = false;
  }

  /** Sends a page of Postgres as far as the window allows; what is left of it is read again after an ack. */
  #sendArchived(viewer: Viewer, phase: Replaying, page: FramesPage): void {
    // Viewers of a crowd are given the same page: its messages are made once.
    if (this.#archived?.page !== page) {
      const messages = [...messagesOf(page.frames, this.#deps.messageLimits)];
      this.#archived = { page, messages };
    }
    for (const message of this.#archived.messages) {
      if (isWindowFull(viewer)) return;
      this.#sendOwn(viewer, phase, message);
    }
    phase.position = page.through;
  }

  #sendOwn(viewer: Viewer, phase: Replaying, message: ReadyMessage): void {
    this.#deps.send(viewer, message.text);
    countOwn(viewer, message.cursor, message.text.length);
    phase.position = message.cursor;
    phase.replayed += message.events;
  }

  #goLive(viewer: Viewer, { position: cursor, replayed, complete }: Replaying): void {
    const { live, send, sendSnapshot, isHere } = this.#deps;
    if (!complete) sendSnapshot(viewer);
    const caughtUp: CaughtUp = { type: "caught_up", cursor, replayed, complete };
    send(viewer, JSON.stringify(caughtUp));
    if (replayed > 0) {
      metrics.replays.add(1, {});
      metrics.replayedEvents.add(replayed, {});
    }
    if (isHere(viewer)) live.enter(viewer);
  }
}
