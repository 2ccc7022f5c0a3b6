import type { Cursor } from "../../src/protocol/time.ts";
import { SentBytes, WINDOW_BYTES } from "./window.ts";

/** What the room needs of a socket; on Workers a hibernatable `WebSocket`. */
export interface ViewerSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Survives hibernation with the socket; at most 16 KiB. */
  saveAttachment(attachment: ViewerAttachment): void;
}

/** Where a viewer stands. `live`: everything that was broadcast went to it. `replaying`: it has all up to `position`. */
export type ViewerPhase =
  | { kind: "live" }
  | { kind: "replaying"; position: Cursor; replayed: number; complete: boolean };

export interface ViewerAttachment {
  /** When its token ends, in ms since the epoch; null where it came without one, or with one that does not end. */
  expiresAtMs: number | null;
  phase: ViewerPhase;
}

/** A connected reader. */
export interface Viewer {
  readonly socket: ViewerSocket;
  readonly expiresAtMs: number | null;
  phase: ViewerPhase;
  /** A read from Postgres is under way for it. */
  reading: boolean;
  /** When its window became full; null while it is not. */
  blockedSinceMs: number | null;
  /** Total of the room's live stream that it has acknowledged, or that was sent before it went live. */
  ackedLive: number;
  /** What was sent to it alone, while it replays and until it has acknowledged that. */
  own: SentBytes | null;
  ownOutstanding: number;
  lastHeardMs: number;
  messages: { windowStartMs: number; count: number };
}

export function newViewer(
  socket: ViewerSocket,
  nowMs: number,
  { expiresAtMs, phase }: ViewerAttachment,
): Viewer {
  return {
    socket,
    expiresAtMs,
    phase,
    reading: false,
    blockedSinceMs: null,
    ackedLive: 0,
    own: null,
    ownOutstanding: 0,
    lastHeardMs: nowMs,
    messages: { windowStartMs: nowMs, count: 0 },
  };
}

/** Bytes sent and not acknowledged. `liveTotal` is the total of the room's live stream. */
export function outstandingBytes(viewer: Viewer, liveTotal: number): number {
  return viewer.ownOutstanding + (viewer.phase.kind === "live" ? liveTotal - viewer.ackedLive : 0);
}

/** Counts a message sent to this viewer alone. */
export function countOwn(viewer: Viewer, cursor: Cursor, bytes: number): void {
  viewer.own ??= new SentBytes();
  viewer.own.add(cursor, bytes);
  viewer.ownOutstanding += bytes;
}

/** The viewer says that it has everything up to `cursor`. */
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
 * Takes a live viewer whose window is full out of the live stream: from `position` on it replays from the log at the
 * pace of its acknowledgements, so it costs its window and nothing more (INV-5).
 */
export function fallBehind(
  viewer: Viewer,
  position: Cursor,
  liveTotal: number,
  nowMs: number,
): void {
  const outstanding = outstandingBytes(viewer, liveTotal);
  viewer.phase = { kind: "replaying", position, replayed: 0, complete: true };
  viewer.own = null;
  viewer.ownOutstanding = 0;
  countOwn(viewer, position, outstanding);
  viewer.blockedSinceMs = nowMs;
  saveAttachment(viewer);
}

export function isWindowFull(viewer: Viewer, liveTotal: number): boolean {
  return outstandingBytes(viewer, liveTotal) >= WINDOW_BYTES;
}

export function saveAttachment(viewer: Viewer): void {
  viewer.socket.saveAttachment({ expiresAtMs: viewer.expiresAtMs, phase: viewer.phase });
}
