import { HEARTBEAT_MS } from "../../../src/protocol/socket/heartbeat.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { metrics } from "../../../src/telemetry/metrics.ts";
import type { MessageRate } from "./messages/client-message.ts";
import { type Mark, SentBytes } from "./window.ts";

/** What the room needs of a socket; on Workers a hibernatable `WebSocket`. */
export interface ViewerSocket<Attachment = ViewerAttachment> {
  send(message: string | ArrayBuffer): void;
  close(code: number, reason: string): void;
  /** When the platform last answered a ping of it, in ms; null if never. */
  pingedMs(): number | null;
  /** Survives hibernation with the socket; at most 16 KiB. */
  saveAttachment(attachment: Attachment): void;
  /** Where it has a window with others: may nothing more be sent now? Absent where it has one of its own. */
  isFull?(): boolean;
}

/** Where a viewer stands. `live`: everything that was broadcast went to it. `replaying`: it has all up to `position`. */
export type ViewerPhase =
  | { kind: "live" }
  | {
      kind: "replaying";
      position: Cursor;
      replayed: number;
      complete: boolean;
      /** Up to here it has been told what is kept no more; absent where it has been told of nothing. */
      expiredTold?: Cursor;
    };

/** Who holds a socket. */
export interface Holder {
  /** The same for all sockets of one viewer: a digest of its token's subject or of the token, or an address; null: unknown. */
  key: string | null;
  /** When its token ends, in ms since the epoch; null where it came without one, or with one that does not end. */
  expiresAtMs: number | null;
}

/** What a viewer is, in so far as it outlives the room's memory. */
export interface ViewerAttachment extends Holder {
  /** The cursor it came with, where that is ahead of the log; absent elsewhere. It may acknowledge that (SPEC F-2). */
  aheadCursor?: Cursor;
  phase: ViewerPhase;
  /** When it was last heard, to within a heartbeat. */
  heardAtMs: number;
  blockedSinceMs: number | null;
  /** What it has not acknowledged, to within an eighth of the window: a sleep must not open its window again (INV-5). */
  unacknowledged: Mark[];
}

/** A connected reader. */
export interface Viewer {
  readonly socket: ViewerSocket;
  readonly key: string | null;
  readonly expiresAtMs: number | null;
  readonly aheadCursor: Cursor | undefined;
  readonly windowBytes: number;
  phase: ViewerPhase;
  /** A read from Postgres is under way for it. */
  reading: boolean;
  /** When its window became full; null while it is not. */
  blockedSinceMs: number | null;
  /** How far it was sent the live stream of the room; nothing while it replays. */
  sentLive: Mark;
  /** Bytes of the live stream that it has acknowledged, or that were sent before it went live. */
  ackedLive: number;
  /** What was sent to it alone, while it replays and until it has acknowledged that. */
  own: SentBytes | null;
  ownOutstanding: number;
  lastHeardMs: number;
  /** When the platform last answered a ping of it, as far as the room has looked. */
  pingedMs: number | null;
  /** One for all sockets of its holder (SPEC L-6). */
  readonly messages: MessageRate;
  /** Text of the errors it was answered with since it came or the room woke. */
  errorBytes: number;
  /** What its attachment says. */
  saved: { heardAtMs: number; outstandingBytes: number };
}

/** The attachment of a viewer that has just come. */
export function firstAttachment(
  phase: ViewerPhase,
  { key, expiresAtMs }: Holder,
  nowMs: number,
): ViewerAttachment {
  return { key, expiresAtMs, phase, heardAtMs: nowMs, blockedSinceMs: null, unacknowledged: [] };
}

/** The viewer that `attachment` was made from. Where it is live it was sent all of the log, up to `head`. */
export function viewerOf(
  socket: ViewerSocket,
  windowBytes: number,
  attachment: ViewerAttachment,
  messages: MessageRate,
  head: Cursor,
): Viewer {
  const { key, expiresAtMs, aheadCursor, phase, heardAtMs, blockedSinceMs, unacknowledged } =
    attachment;
  const viewer: Viewer = {
    socket,
    key,
    expiresAtMs,
    aheadCursor,
    windowBytes,
    phase,
    reading: false,
    blockedSinceMs,
    sentLive: { cursor: head, bytes: 0 },
    ackedLive: 0,
    own: null,
    ownOutstanding: 0,
    lastHeardMs: heardAtMs,
    pingedMs: null,
    messages,
    errorBytes: 0,
    saved: { heardAtMs, outstandingBytes: 0 },
  };
  owe(viewer, unacknowledged);
  viewer.saved.outstandingBytes = viewer.ownOutstanding;
  return viewer;
}

/** Marks of one viewer's stream lie so far apart. */
export function grainOf(windowBytes: number): number {
  return windowBytes / 64;
}

/** How far an attachment may be from the truth. */
function attachedGrainOf(windowBytes: number): number {
  return windowBytes / 8;
}

/** Bytes sent and not acknowledged. */
export function outstandingBytes(viewer: Viewer): number {
  const isLive = viewer.phase.kind === "live";
  return viewer.ownOutstanding + (isLive ? viewer.sentLive.bytes - viewer.ackedLive : 0);
}

/** Everything up to here was sent to it. */
export function sentThrough(viewer: Viewer): Cursor {
  return viewer.phase.kind === "live" ? viewer.sentLive.cursor : viewer.phase.position;
}

/** Everything up to here was sent to it, or it was told that some of it is kept no more (SPEC S-10). */
export function toldThrough(viewer: Viewer): Cursor {
  const told = viewer.phase.kind === "replaying" ? (viewer.phase.expiredTold ?? 0) : 0;
  return Math.max(sentThrough(viewer), told) as Cursor;
}

/** Counts a message sent to this viewer alone. */
export function countOwn(viewer: Viewer, cursor: Cursor, bytes: number): void {
  if (viewer.socket.isFull !== undefined) return;
  viewer.own ??= new SentBytes(grainOf(viewer.windowBytes));
  viewer.own.add(cursor, bytes);
  viewer.ownOutstanding += bytes;
}

/** The viewer says that it has everything up to `cursor`, which is not beyond what it was told. */
export function acknowledge(viewer: Viewer, cursor: Cursor, live: SentBytes): void {
  if (viewer.own !== null) {
    viewer.ownOutstanding = Math.min(
      viewer.ownOutstanding,
      viewer.own.total - viewer.own.upTo(cursor),
    );
    if (viewer.ownOutstanding <= 0) {
      viewer.own = null;
      viewer.ownOutstanding = 0;
    }
  }
  if (viewer.phase.kind === "live")
    viewer.ackedLive = Math.max(viewer.ackedLive, live.upTo(cursor));
}

/**
 * Takes a live viewer whose window is full out of the live stream: from where it stands it replays from the log at the pace
 * of its acknowledgements, so it costs its window and nothing more (INV-5).
 */
export function fallBehind(viewer: Viewer, live: SentBytes, nowMs: number): void {
  metrics.slowViewers.add(1, {});
  const marks = unacknowledged(viewer, live);
  const position = sentThrough(viewer);
  viewer.phase = { kind: "replaying", position, replayed: 0, complete: true };
  owe(viewer, marks);
  viewer.blockedSinceMs = nowMs;
  saveAttachment(viewer, live);
}

export function isWindowFull(viewer: Viewer): boolean {
  return viewer.socket.isFull?.() ?? outstandingBytes(viewer) >= viewer.windowBytes;
}

/** The viewer was heard; a sleep must not make it look silent. */
export function heard(viewer: Viewer, nowMs: number, live: SentBytes): void {
  viewer.lastHeardMs = nowMs;
  if (Math.abs(nowMs - viewer.saved.heardAtMs) >= HEARTBEAT_MS) saveAttachment(viewer, live);
}

/** Saves the attachment where it has come too far from the truth: for the live stream, which saves nothing itself. */
export function saveIfStale(viewer: Viewer, live: SentBytes): void {
  if (viewer.socket.isFull !== undefined) return;
  const change = outstandingBytes(viewer) - viewer.saved.outstandingBytes;
  if (Math.abs(change) >= attachedGrainOf(viewer.windowBytes)) saveAttachment(viewer, live);
}

export function saveAttachment(viewer: Viewer, live: SentBytes): void {
  const coarse = new SentBytes(attachedGrainOf(viewer.windowBytes), unacknowledged(viewer, live));
  viewer.saved = { heardAtMs: viewer.lastHeardMs, outstandingBytes: coarse.total };
  viewer.socket.saveAttachment({
    key: viewer.key,
    expiresAtMs: viewer.expiresAtMs,
    ...(viewer.aheadCursor !== undefined && { aheadCursor: viewer.aheadCursor }),
    phase: viewer.phase,
    heardAtMs: viewer.lastHeardMs,
    blockedSinceMs: viewer.blockedSinceMs,
    unacknowledged: coarse.after(0),
  });
}

function unacknowledged(viewer: Viewer, live: SentBytes): Mark[] {
  if (viewer.socket.isFull !== undefined) return [];
  const { own, ownOutstanding } = viewer;
  const marks = own === null ? [] : own.after(own.total - ownOutstanding);
  if (viewer.phase.kind === "live") {
    marks.push(...live.after(viewer.ackedLive, ownOutstanding, viewer.sentLive));
  }
  return marks;
}

function owe(viewer: Viewer, marks: readonly Mark[]): void {
  viewer.own = marks.length === 0 ? null : new SentBytes(grainOf(viewer.windowBytes), marks);
  viewer.ownOutstanding = viewer.own?.total ?? 0;
}
