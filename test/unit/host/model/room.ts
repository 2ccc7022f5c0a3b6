import { expect } from "vitest";
import type { LogFrame } from "../../../../durable/host/log/rows/log-row.ts";
import type { PollPage } from "../../../../src/bindings/host.ts";
import { SAMPLE_INTERVAL_US } from "../../../../src/core/books/book-samples.ts";
import { decodeFrame } from "../../../../src/core/events/encode-events.ts";
import type { BookEvent } from "../../../../src/protocol/events/book.ts";
import type { TapeEvent } from "../../../../src/protocol/events/event.ts";
import type { LogId } from "../../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../../../src/protocol/words/time.ts";
import type { StoredRow } from "../fake-postgres.ts";
import { AlertChain } from "./alerts.ts";
import { bookOf, isKept, ModelTape } from "./tape.ts";

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

/** A room of a host. */
export type LogName = string;

/** Who appends frames. */
interface RecordedBy {
  log: LogName;
  logId: LogId;
  /** The symbol may be on its way to another host. */
  isMoving: boolean;
}

/** What a host's log has of the room. */
interface LogOfRoom {
  /** Its frames are behind those of an earlier life. */
  isPlaced: boolean;
  /** The room knows what was before it. */
  isSettled: boolean;
  /** Frames that have no place yet, which nobody may be told of. */
  unplaced: LogEvent[];
  /** What has left its rows and comes again. */
  moving: TapeEvent[];
  /** All that has come since the room was made, while it does not know what was before. */
  unsettled: TapeEvent[];
}

/** What must be true of one symbol, whatever happens to it. */
export class ModelRoom {
  readonly symbol: SymbolName;
  readonly tape = new ModelTape();
  readonly alerts = new AlertChain();
  /** Events that were posted and are in a log. */
  appended = 0;
  /** Where the next poll goes on. */
  polled: Pick<PollPage, "cursor" | "log" | "gaps"> | null = null;
  /** What the appends under way have yet to account for. */
  #posted: Posted[] = [];
  readonly #logs = new Map<LogName, LogOfRoom>();
  /** Logs that have had frames of it. */
  readonly #logIds = new Set<LogId>();
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

  /** Events up to a cursor, of all that came to hosts; it is one of a host's log. */
  countThrough(log: LogName, cursor: Cursor): number {
    const own = this.tape.entries.filter(({ isEarlier }) => !isEarlier);
    const { unplaced } = this.#logOf(log);
    if (unplaced.length === 0) return own.filter((one) => one.cursor <= cursor).length;
    // A log that has no place yet has its cursors to itself.
    return own.length + unplaced.filter((one) => one.cursor <= cursor).length;
  }

  /** Did a log have frames of it? Then its cursors are known wherever the symbol is now. */
  hadFramesIn(log: LogId | null): boolean {
    return log === null || this.#logIds.has(log);
  }

  /** Where an event is that is like no other; null where it is in no log. */
  placeOf(event: TapeEvent): Cursor | null {
    const json = JSON.stringify(event);
    const placed = this.tape.entries.findLast((one) => one.json === json);
    if (placed !== undefined) return placed.cursor;
    const unplaced = [...this.#logs.values()].flatMap((log) => log.unplaced);
    return unplaced.find((one) => isSame(one.event, event))?.cursor ?? null;
  }

  isPlacedOn(log: LogName): boolean {
    return this.#logOf(log).isPlaced;
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
  record({ log, logId, isMoving }: RecordedBy, frames: readonly LogFrame[]): void {
    const own = this.#logOf(log);
    this.#logIds.add(logId);
    for (const { cursor, text } of frames) {
      for (const [ordinal, event] of decodeFrame(text).entries()) {
        const isNew = own.moving.length === 0;
        if (isNew && this.#isKeyframe(own, event)) {
          this.#checkKeyframe(own, event, { cursor, isMoving });
        }
        this.#recordEvent(own, { cursor, ordinal, event });
      }
    }
  }

  /** Frames of the room leave their row. */
  takenOut(log: LogName, frames: readonly LogFrame[]): void {
    const { isPlaced, unplaced, moving } = this.#logOf(log);
    expect(isPlaced).toBe(false);
    for (const { cursor, text } of frames) {
      for (const event of decodeFrame(text)) {
        expect(unplaced.shift()).toMatchObject({ cursor, event });
        moving.push(event);
      }
    }
  }

  /** A host says how its log of the room stands. */
  saved(log: LogName, { isPlaced, isSettled }: { isPlaced: boolean; isSettled: boolean }): void {
    const own = this.#logOf(log);
    expect(own.moving).toEqual([]);
    if (isPlaced && !own.isPlaced) {
      // Of what was elsewhere before it Postgres alone has something for it.
      this.pruned(this.tape.head);
      for (const one of own.unplaced.splice(0)) this.#addToTape(own, one);
    }
    if (isSettled) own.unsettled = [];
    Object.assign(own, { isPlaced, isSettled });
  }

  /** It is on another host. What was told where there was no frame, as of a room that waits for its place, nobody hands over. */
  placedAnew(): void {
    this.#told = this.tape.head;
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
    this.tape.lose(CURSOR_ORIGIN);
    const isRead = [...this.#logs.values()].some(({ isSettled }) => isSettled);
    if (!isRead) this.tape.forgetEarlier();
  }

  /** One page of the polling fallback, from a cursor, or from where the room is (INV-2, INV-3). */
  takePage(
    { cursor: from, log: of }: { cursor: Cursor | null; log: LogId | null },
    { page, head }: { page: PollPage; head: Cursor },
    mayNotKnow: boolean,
  ): void {
    const events = page.events === "" ? [] : decodeFrame(page.events);
    expect(page.count).toBe(events.length);
    const after = from ?? page.cursor;
    expect(page.cursor).toBeGreaterThanOrEqual(Math.min(after, head));
    // Whoever began with what comes may have waited for it.
    const begin = this.tape.indexAfter(after) - (from === null ? events.length : 0);
    const gaps = page.gaps ?? [];
    expect(page.complete).toBe(gaps.length === 0 && page.reset !== true);
    const isRead = page.reset !== true && gaps.every(({ reason }) => reason === "expired");
    const expiredTold = gaps.find(({ reason }) => reason === "expired")?.to ?? 0;
    expect(expiredTold).toBeLessThanOrEqual(this.tape.expiredThrough);
    if (isRead) this.tape.consume(begin, events, page.cursor, expiredTold);
    else expect(mayNotKnow || !this.hadFramesIn(of)).toBe(true);
    // It goes on, unless the room does not know what was before it.
    if (page.cursor < head && events.length === 0) expect(mayNotKnow).toBe(true);
    this.polled = page;
    // Of what has no place yet it was told nothing, and may be told of it behind this.
    const logs = [...this.#logs.values()];
    // Nor by whoever does not know its place, and gives back what it came with: a time, by the clock of whoever told it first.
    const isGivenBack = page.log === null && page.cursor === from;
    if (!isGivenBack && logs.every(({ unplaced }) => unplaced.length === 0)) {
      this.told(page.cursor);
    }
  }

  #logOf(log: LogName): LogOfRoom {
    let own = this.#logs.get(log);
    if (own === undefined) {
      own = { isPlaced: false, isSettled: false, unplaced: [], moving: [], unsettled: [] };
      this.#logs.set(log, own);
    }
    return own;
  }

  #recordEvent(log: LogOfRoom, one: LogEvent): void {
    const { event, cursor } = one;
    const moved = log.moving.shift();
    if (moved !== undefined) {
      expect(event).toEqual(moved);
      log.unplaced.push(one);
      return;
    }
    if (event.kind === "alert") {
      expect(log.isSettled).toBe(true);
      this.alerts.add(event, this.tape);
    } else if (!this.#isKeyframe(log, event)) {
      const json = JSON.stringify(unmarked(event));
      this.#passOver((posted) => JSON.stringify(posted) !== json);
      const posted = this.#posted.shift();
      if (posted === undefined) expect.fail(`nobody posted ${json}`);
      posted.batch.appended += 1;
      this.appended += 1;
    }
    if (event.kind === "book" && isKept(event)) this.#isSampledInTime = this.#isInTime(cursor);
    if (!log.isSettled) log.unsettled.push(event);
    if (log.isPlaced) this.#addToTape(log, one);
    else log.unplaced.push(one);
  }

  #isInTime(cursor: Cursor): boolean {
    return cursor < this.#nowUs() + AHEAD_US;
  }

  #addToTape({ isSettled }: LogOfRoom, { cursor, ordinal, event }: LogEvent): void {
    const { head } = this.tape;
    // C-1: it is behind all that anybody has been told of.
    if (ordinal === 0) expect(cursor).toBeGreaterThan(Math.max(head, this.#told));
    else if (cursor !== head) expect(cursor).toBe(head);
    const entry = this.tape.add(cursor, ordinal, event);
    // I-7: only a room that does not know what was before it may take a trade again.
    if (entry.isRepeat) expect(isSettled).toBe(false);
  }

  /** What a host's room knows. */
  #knownTo({ isSettled, unsettled }: LogOfRoom): TapeEvent[] {
    return isSettled ? this.tape.events(this.tape.entries.length) : unsettled;
  }

  /** A snapshot of the room's own; it has the number of an event that is in the log already. */
  #isKeyframe(log: LogOfRoom, event: TapeEvent): event is BookEvent {
    if (event.kind !== "book" || event.sampled !== true) return false;
    const last = this.#knownTo(log).findLast(({ kind }) => kind === "book");
    return last?.kind === "book" && last.seq === event.seq;
  }

  #checkKeyframe(
    log: LogOfRoom,
    event: BookEvent,
    { cursor, isMoving }: { cursor: Cursor; isMoving: boolean },
  ): void {
    // D-5: it is the book as it stands, and at least an interval after the sample before it.
    expect(unmarked(event)).toEqual(bookOf(this.#knownTo(log)));
    // Whoever hands a symbol over samples its book at once.
    if (isMoving || !log.isSettled || !this.#isSampledInTime || !this.#isInTime(cursor)) return;
    const last = this.tape.entries.findLast(
      (one) => one.event.kind === "book" && isKept(one.event),
    );
    if (last !== undefined) {
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
    const unsettled = [...this.#logs.values()].flatMap((log) => log.unsettled);
    const isKnown =
      this.tape.firstSeen(event) !== null ||
      (event.kind === "trade" && unsettled.some((one) => isSame(one, event)));
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
