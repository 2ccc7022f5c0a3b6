import { expect } from "vitest";
import type { ViewerAttachment, ViewerSocket } from "../../../../durable/room/viewers/viewer.ts";
import { MAX_MESSAGE_EVENTS } from "../../../../src/protocol/events/frame.ts";
import {
  type Gap,
  type ServerMessage,
  serverMessageSchema,
} from "../../../../src/protocol/socket/server-message.ts";
import type { LogId } from "../../../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import {
  bookOf,
  lastMetrics,
  lastOrders,
  lastPositions,
  lastTrade,
  type ModelTape,
} from "./tape.ts";

export interface ModelViewerDeps {
  tape: ModelTape;
  nowMs: () => number;
  /** The room has told somebody of this cursor. */
  told: (cursor: Cursor) => void;
  /** It comes with a cursor of a log that never had a frame of the room, so that nobody hands it over. */
  mayReset: boolean;
  /** It watches by way of a relay, which may not have been fed all that there is. */
  mayLag: boolean;
}

/** A viewer that holds the room to its word at every message. One of these is one connection. */
export class ModelViewer implements ViewerSocket {
  attachment: ViewerAttachment | null = null;
  /** `broken`: sends fail, and the room has not been told yet. */
  state: "open" | "broken" | "closed" = "open";
  /** The room has met a send that failed, and has had time to draw its conclusion. */
  isKnownToFail = false;
  hasFailed = false;
  closeCode: number | null = null;
  /** The last cursor it was told of; null before its snapshot. */
  cursor: Cursor | null;
  /** The log that its cursor is of. */
  log: LogId | null = null;
  ackEveryBytes = 0;
  mostUnackedBytes = 0;
  isLive = false;
  /** How many bars it was told of. */
  bars = 0;
  /** The first thing the room did wrong. */
  failure: unknown = null;
  readonly #deps: ModelViewerDeps;
  readonly #tape: ModelTape;
  /** Index of the entry that has to come next. */
  #next: number;
  #expects: "hello" | "snapshot" | "stream" = "hello";
  #helloCursor: Cursor | null = null;
  #unacked: { cursor: Cursor; bytes: number }[] = [];
  #hadGap = false;
  /** Up to here it was told what is kept no more. */
  #expiredTold = 0;
  #snapshotCursor: Cursor | null = null;

  constructor(deps: ModelViewerDeps, since: Cursor | null) {
    this.#deps = deps;
    this.#tape = deps.tape;
    this.cursor = since;
    this.#next = since === null ? this.#tape.entries.length : this.#tape.indexAfter(since);
  }

  /** It has every event of the tape. */
  get hasAll(): boolean {
    return this.#next === this.#tape.entries.length;
  }

  get unackedBytes(): number {
    return this.#unacked.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** It has said that it has everything up to `cursor`. */
  acked(cursor: number): void {
    this.#unacked = this.#unacked.filter((message) => message.cursor > cursor);
  }

  saveAttachment(attachment: ViewerAttachment): void {
    // What the platform keeps is a copy of at most 16 KiB.
    expect(JSON.stringify(attachment).length).toBeLessThan(8_192);
    this.attachment = structuredClone(attachment);
  }

  close(code: number): void {
    this.state = "closed";
    this.closeCode = code;
  }

  /** The platform answers its pings, whatever becomes of what the room sends. */
  pingedMs(): number {
    return this.#deps.nowMs();
  }

  send(text: string): void {
    if (this.state !== "open") {
      if (this.isKnownToFail) this.failure ??= new Error("sent to a socket known to have failed");
      this.hasFailed = true;
      throw new TypeError("the socket is closed");
    }
    try {
      const message = JSON.parse(text) as ServerMessage;
      // The events themselves are compared with what was posted, which is far quicker.
      if (message.type !== "events") serverMessageSchema.parse(message);
      if (this.#expects === "hello") expect(message.type).toBe("hello");
      this.#take(message, text.length);
    } catch (error) {
      // Thrown here it would look to the room like a socket that failed.
      this.failure ??= error;
    }
  }

  #take(message: ServerMessage, bytes: number): void {
    if ("cursor" in message) this.#deps.told(message.cursor);
    switch (message.type) {
      case "hello":
        expect(this.#expects).toBe("hello");
        // It is the head of the room, which a cursor ahead of it counts as.
        if (!this.#deps.mayLag) expect(message.cursor).toBeGreaterThanOrEqual(this.#tape.head);
        // Whoever comes with a cursor is brought on from there.
        else if (this.cursor !== null && this.#tape.head >= this.cursor) {
          expect(message.cursor).toBeGreaterThanOrEqual(this.cursor);
        }
        if (this.cursor !== null && message.cursor < this.cursor) {
          // Nobody has told of its cursor yet: it goes on from a head, which a relay's may be behind.
          this.cursor = message.cursor;
          this.#next = this.#tape.indexAfter(message.cursor);
        }
        this.log = message.log;
        this.ackEveryBytes = message.window;
        this.#helloCursor = message.cursor;
        this.#expects = this.cursor === null ? "snapshot" : "stream";
        return;
      case "snapshot":
        this.#takeSnapshot(message);
        return;
      case "events": {
        expect(this.#expects).toBe("stream");
        expect(message.events.length).toBeLessThanOrEqual(MAX_MESSAGE_EVENTS);
        expect(message.cursor).toBeGreaterThan(this.cursor ?? 0);
        this.#next = this.#tape.consume(
          ...([this.#next, message.events, message.cursor, this.#expiredTold] as const),
        );
        this.cursor = message.cursor;
        this.#unacked.push({ cursor: message.cursor, bytes });
        this.mostUnackedBytes = Math.max(this.mostUnackedBytes, this.unackedBytes);
        return;
      }
      case "gap":
        expect(this.#expects).toBe("stream");
        if (message.reason === "expired") {
          this.#takeExpired(message);
          return;
        }
        if (message.reason === "reset") expect(this.#deps.mayReset).toBe(true);
        else {
          expect([message.reason, message.from]).toEqual(["unavailable", this.cursor]);
          expect(message.to).toBeGreaterThan(message.from);
        }
        this.#deps.told(message.to);
        this.cursor = message.to;
        this.#next = Math.max(this.#next, this.#tape.indexAfter(message.to));
        this.#hadGap = true;
        this.isLive = false;
        return;
      case "caught_up":
        expect(this.#expects).toBe("stream");
        this.#next = this.#tape.skipTo(this.#next, message.cursor, this.#expiredTold);
        expect(message.cursor).toBeGreaterThanOrEqual(this.cursor ?? 0);
        // After a gap the snapshot is what the viewer goes on from.
        if (this.#hadGap) expect(message.cursor).toBe(this.#snapshotCursor);
        expect(message.complete).toBe(!this.#hadGap);
        this.cursor = message.cursor;
        this.isLive = true;
        this.#hadGap = false;
        this.#snapshotCursor = null;
        return;
      case "bar": {
        // It is what the first so many trades of its minute make, and the viewer has every one of them.
        const { type, interval, revision, ...bar } = message;
        this.bars += 1;
        this.#tape.expectBar(this.#next, { ...bar, count: bar.trades });
        return;
      }
      case "error":
        expect.fail(message.message);
    }
  }

  /** It is said before what is kept, once, and where something is kept no more (SPEC S-10). */
  #takeExpired({ from, to }: Gap): void {
    expect(from).toBe(this.cursor);
    expect(to).toBeGreaterThan(Math.max(from, this.#expiredTold));
    expect(to).toBeLessThanOrEqual(this.#tape.expiredThrough);
    this.#expiredTold = to;
    this.#hadGap = true;
    this.isLive = false;
  }

  #takeSnapshot(message: Extract<ServerMessage, { type: "snapshot" }>): void {
    if (this.#expects === "snapshot") {
      expect(message.cursor).toBe(this.#helloCursor);
      this.cursor = message.cursor;
      this.#next = this.#tape.indexAfter(message.cursor);
      this.#expects = "stream";
    } else {
      expect(this.#hadGap).toBe(true);
    }
    this.#snapshotCursor = message.cursor;
    const end = this.#tape.indexAfter(message.cursor);
    const events = this.#tape.events(end);
    expect(message.trade).toEqual(lastTrade(events));
    expect(textsOf(message.metrics)).toEqual(textsOf(lastMetrics(events)));
    expect(textsOf(message.positions)).toEqual(textsOf(lastPositions(events)));
    expect(textsOf(message.orders)).toEqual(textsOf(lastOrders(events)));
    expect(message.book).toEqual(bookOf(events));
    const minute = this.#tape.newestMinute(end);
    if (minute === null) {
      expect(message.bar).toBeNull();
    } else {
      const { interval, revision, ...bar } = message.bar ?? expect.fail("the bar is missing");
      expect(bar.ts).toBe(minute);
      this.#tape.expectBar(end, bar);
    }
  }
}

function textsOf(events: readonly unknown[]): Set<string> {
  return new Set(events.map((event) => JSON.stringify(event)));
}
