import { expect } from "vitest";
import type { LogFrame } from "../../../durable/host/log/log-row.ts";
import type { PollPage } from "../../../src/bindings/host.ts";
import { SAMPLE_INTERVAL_US } from "../../../src/core/book-samples.ts";
import { decodeFrame } from "../../../src/core/encode-events.ts";
import type { BookEvent } from "../../../src/protocol/book.ts";
import type { TapeEvent } from "../../../src/protocol/event.ts";
import type { LogId } from "../../../src/protocol/log-id.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/time.ts";
import type { StoredRow } from "./fake-postgres.ts";
import { bookOf, isKept, ModelTape, type TapeEntry } from "./model-tape.ts";

/** A log is so far ahead of the clock only where that was turned back, or where an earlier life was ahead of it. */
const AHEAD_US = 1_000_000;

/** A batch under way: is it in the log, of which it is to be there whole or not at all? */
export interface PostedBatch {
  /** Events of it that were appended. */
  appended: number;
}

interface Posted {
  batch: PostedBatch;
  event: TapeEvent;
}

interface LogEvent {
  cursor: Cursor;
  ordinal: number;
  event: TapeEvent;
}

/** What must be true of one symbol, whatever happens to it. */
export class ModelRoom {
  readonly symbol: SymbolName;
  readonly tape = new ModelTape();
  /** Where the next poll goes on. */
  polled: Cursor | null = null;
  polledLog: LogId | null = null;
  /** Of its log: whether its frames are behind those of an earlier life, and whether it knows what that was. */
  isPlaced = false;
  isSettled = false;
  /** What the appends under way have yet to account for. */
  #posted: Posted[] = [];
  /** Frames of a log that has no place yet, which nobody may be told of. */
  #unplaced: LogEvent[] = [];
  /** What has left its rows and comes again. */
  #moving: LogEvent[] = [];
  #told: Cursor = CURSOR_ORIGIN;
  readonly #nowUs: () => number;
  /** Its last sample has a cursor of its time. */
  #isSampledInTime = false;

  constructor(symbol: SymbolName, earlier: readonly StoredRow[], nowUs: () => number) {
    this.symbol = symbol;
    this.#nowUs = nowUs;
    for (const { cursor, ordinal, event } of earlier) this.tape.add(cursor, ordinal, event, true);
  }

  /** Somebody was told of a cursor of this room. */
  readonly told = (cursor: Cursor): void => {
    this.#told = Math.max(this.#told, cursor) as Cursor;
  };

  /** Events up to a cursor, of all that came to a host. */
  countThrough(cursor: Cursor): number {
    const own = this.tape.entries.filter(({ isEarlier }) => !isEarlier);
    // A log that has no place yet has its cursors to itself.
    const unplaced = this.#unplaced.filter((one) => one.cursor <= cursor).length;
    if (this.#unplaced.length > 0) return own.length + unplaced;
    return own.filter((one) => one.cursor <= cursor).length;
  }

  post(batch: PostedBatch, events: readonly TapeEvent[]): void {
    for (const event of events) this.#posted.push({ batch, event });
  }

  /** The appends have been answered, or died: what is not in the log are trades seen before, or all of its batch. */
  account(): void {
    for (const { batch, event } of this.#posted.splice(0)) {
      if (batch.appended > 0) this.#expectKnown(event);
    }
  }

  /** A host's row has these frames: what was posted is there in its order, but for trades seen before. */
  record(frames: readonly LogFrame[]): void {
    for (const { cursor, text } of frames) {
      for (const [ordinal, event] of decodeFrame(text).entries()) {
        this.#recordEvent({ cursor, ordinal, event });
      }
    }
  }

  /** Frames of the room leave their row. */
  takenOut(frames: readonly LogFrame[]): void {
    expect(this.isPlaced).toBe(false);
    for (const { cursor, text } of frames) {
      // Nobody may be told twice of what moves.
      expect(this.#told).toBeLessThan(cursor);
      for (const event of decodeFrame(text)) {
        const taken = this.#unplaced.shift();
        expect(taken).toMatchObject({ cursor, event });
        this.#moving.push({ cursor, ordinal: 0, event });
      }
    }
  }

  /** A host that has the room says how it stands. */
  saved({ isPlaced, isSettled }: { isPlaced: boolean; isSettled: boolean }): void {
    this.isSettled = isSettled;
    this.isPlaced = isPlaced;
    if (!isPlaced) return;
    expect(this.#moving).toEqual([]);
    for (const { cursor, ordinal, event } of this.#unplaced.splice(0)) {
      this.#addToTape(cursor, ordinal, event);
    }
  }

  /** What was up to here is in the log no more. */
  pruned(through: Cursor): void {
    this.tape.prunedThrough = Math.max(this.tape.prunedThrough, through);
  }

  /** The log is stored again from here on. */
  lost(prunedThrough: Cursor): void {
    this.tape.lose(prunedThrough);
  }

  /** Another database is there instead: of an earlier life that nobody has read nobody will know. */
  replaced(): void {
    this.tape.isReplaced = true;
    if (!this.isSettled) this.tape.forgetEarlier();
  }

  /** One page of the polling fallback, from a cursor, or from where the room is (INV-2, INV-3). */
  takePage(from: Cursor | null, page: PollPage, isAway: boolean): void {
    const events = page.events === "" ? [] : decodeFrame(page.events);
    expect(page.count).toBe(events.length);
    const { head } = this.tape;
    const after = from ?? page.cursor;
    expect(page.cursor).toBeGreaterThanOrEqual(Math.min(after, head));
    if (page.complete) this.tape.consume(this.tape.indexAfter(after), events, page.cursor);
    else expect(isAway).toBe(true);
    // It goes on, unless the room does not know what was before it.
    if (page.cursor < head && events.length === 0) expect(isAway).toBe(true);
    this.polled = page.cursor;
    this.polledLog = page.log;
    // Whatever dies here, no disk is lost: a log is the one that it was, or has handed over.
    expect(page.reset).toBeUndefined();
    // Of what has no place yet it was told nothing, and may be told of it behind this.
    if (this.#unplaced.length === 0) this.told(page.cursor);
  }

  #recordEvent({ cursor, ordinal, event }: LogEvent): void {
    const moved = this.#moving.shift();
    if (moved !== undefined) {
      expect(event).toEqual(moved.event);
      this.#unplaced.push({ cursor, ordinal, event });
      return;
    }
    if (this.#isKeyframe(event)) this.#checkKeyframe(event, cursor);
    else {
      const json = JSON.stringify(unmarked(event));
      this.#passOver((posted) => JSON.stringify(posted) !== json);
      const posted = this.#posted.shift();
      if (posted === undefined) expect.fail(`nobody posted ${json}`);
      posted.batch.appended += 1;
    }
    if (event.kind === "book" && isKept(event)) this.#isSampledInTime = this.#isInTime(cursor);
    if (this.isPlaced) this.#addToTape(cursor, ordinal, event);
    else this.#unplaced.push({ cursor, ordinal, event });
  }

  #isInTime(cursor: Cursor): boolean {
    return cursor < this.#nowUs() + AHEAD_US;
  }

  #addToTape(cursor: Cursor, ordinal: number, event: TapeEvent): void {
    const { head } = this.tape;
    // C-1: it is behind all that anybody has been told of.
    if (ordinal === 0) expect(cursor).toBeGreaterThan(Math.max(head, this.#told));
    else if (cursor !== head) expect(cursor).toBe(head);
    const entry = this.tape.add(cursor, ordinal, event);
    // I-7: only a room that does not know what was before it may take a trade again.
    if (entry.isRepeat) expect(this.isSettled).toBe(false);
  }

  get #events(): TapeEvent[] {
    const unplaced = this.#unplaced.map(({ event }) => event);
    return [...this.tape.events(this.tape.entries.length), ...unplaced];
  }

  /** A snapshot of the room's own; it has the number of an event that is in the log already. */
  #isKeyframe(event: TapeEvent): event is BookEvent {
    if (event.kind !== "book" || event.sampled !== true) return false;
    const last = this.#events.findLast(({ kind }) => kind === "book");
    return last?.kind === "book" && last.seq === event.seq;
  }

  #checkKeyframe(event: BookEvent, cursor: Cursor): void {
    // D-5: it is the book as it stands, and at least an interval after the sample before it.
    const known = this.isSettled ? this.#events : this.#unplaced.map((one) => one.event);
    expect(unmarked(event)).toEqual(bookOf(known));
    const isSample = (one: Pick<TapeEntry, "event">) =>
      one.event.kind === "book" && isKept(one.event);
    const last = this.#unplaced.findLast(isSample) ?? this.tape.entries.findLast(isSample);
    if (last !== undefined && this.isSettled && this.#isSampledInTime && this.#isInTime(cursor)) {
      expect(cursor - last.cursor).toBeGreaterThan(SAMPLE_INTERVAL_US - AHEAD_US);
    }
  }

  #passOver(isMissing: (posted: TapeEvent) => boolean): void {
    for (let [posted] = this.#posted; posted !== undefined && isMissing(posted.event); ) {
      this.#expectKnown(posted.event);
      this.#posted.shift();
      [posted] = this.#posted;
    }
  }

  /** It is a trade that the room has had. */
  #expectKnown(event: TapeEvent): void {
    const isKnown =
      this.tape.firstSeen(event) !== null ||
      (event.kind === "trade" && this.#unplaced.some((one) => isSame(one.event, event)));
    if (!isKnown) expect.fail(`it is not in the log: ${JSON.stringify(event)}`);
  }
}

/** As it was posted. */
function unmarked(event: TapeEvent): TapeEvent {
  if (event.kind !== "book") return event;
  const { sampled: _, ...posted } = event;
  return posted;
}

function isSame(one: TapeEvent, other: TapeEvent): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
