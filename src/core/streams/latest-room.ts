import type { TapeEvent } from "../../protocol/events/event.ts";
import type { LiveBar, Snapshot } from "../../protocol/socket/server-message.ts";
import { LATEST_BOOK_LEVELS } from "../../protocol/streams/latest-limits.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { type BookState, bookOf, foldBook } from "../books/book-samples.ts";
import { canonicalLabels } from "../events/labels.ts";
import { noteKey } from "../events/note-key.ts";
import { orderKey, replaces } from "../orders/order-state.ts";
import type { Channels } from "./channels.ts";

/** Keys of a room that are kept, those changed last. */
const MOST_KEYS = 25_000;
/** Bars that have closed lately. */
const KEPT_BARS = 3;

interface Value {
  key: string;
  event: TapeEvent;
  /** When it changed, in the count of all changes. */
  seq: number;
  /** Made when it is first told. */
  json: string | null;
  older: Value | null;
  newer: Value | null;
}

/** Whose channels are counted: null is of all kinds. */
interface Count {
  channels: Channels | null;
  events: number;
}

/**
 * The last value of each key of one room, in the order of their last change: a series, the last trade, the book, a position, an order, a
 * note, an alert, the last log line. What has changed since a moment is found in no more steps than there are changes.
 */
export class LatestRoom {
  /** Where the log of the room was when it last changed; null before its first values. */
  cursor: Cursor | null = null;
  /** The change that was last, and that with which all values began anew. */
  seq = 0;
  beganSeq = 0;
  readonly #values = new Map<string, Value>();
  #newest: Value | null = null;
  #oldest: Value | null = null;
  #book: BookState | null = null;
  #bars: { bar: LiveBar; seq: number }[] = [];
  readonly #counts = new Map<string, Count>();

  /** All last values, in the place of those of before; `seq`: the number of this change. */
  begin(snapshot: Snapshot, seq: number): void {
    this.#values.clear();
    this.#newest = null;
    this.#oldest = null;
    this.#book = null;
    this.#bars = [];
    const { metrics, trade, positions, orders, book } = snapshot;
    const rest = [trade, book].filter((event) => event !== null);
    for (const event of [...metrics, ...positions, ...orders, ...rest]) {
      this.#take(event, snapshot.cursor, seq);
    }
    this.#changed(snapshot.cursor, seq);
    this.beganSeq = seq;
  }

  /** Events in the order of the log, up to `cursor`. */
  take(events: readonly TapeEvent[], cursor: Cursor, seq: number): void {
    for (const event of events) {
      for (const count of this.#counts.values()) {
        if (count.channels?.has(event) ?? true) count.events += 1;
      }
      this.#take(event, cursor, seq);
    }
    this.#changed(cursor, seq);
  }

  closeBar(bar: LiveBar, seq: number): void {
    this.#bars = [...this.#bars.filter(({ bar: { ts } }) => ts !== bar.ts), { bar, seq }].slice(
      -KEPT_BARS,
    );
    this.seq = seq;
  }

  /** Events of these channels that have come since they were first asked for, for as long as somebody asks: only differences mean something. */
  count(channels: Channels | null): number {
    const key = channels?.key ?? "";
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { channels, events: 0 };
      this.#counts.set(key, count);
    }
    return count.events;
  }

  /** Nobody asks for the count of the channels with this key any more. */
  countNoMore(key: string): void {
    this.#counts.delete(key);
  }

  /** The values that have changed since, as JSON, those first that changed first; whether the last trade is among them. */
  changedSince(seq: number, channels: Channels | null): { events: string[]; hasTrade: boolean } {
    const events: string[] = [];
    let hasTrade = false;
    for (let value = this.#newest; value !== null && value.seq > seq; value = value.older) {
      if (!(channels?.has(value.event) ?? true)) continue;
      value.json ??= JSON.stringify(
        value.event.kind === "book" ? bookOf(this.#book, LATEST_BOOK_LEVELS) : value.event,
      );
      events.push(value.json);
      hasTrade ||= value.event.kind === "trade";
    }
    return { events: events.reverse(), hasTrade };
  }

  /** Bars that have closed since. */
  barsSince(seq: number): LiveBar[] {
    return this.#bars.filter((closed) => closed.seq > seq).map(({ bar }) => bar);
  }

  #changed(cursor: Cursor, seq: number): void {
    this.cursor = cursor;
    this.seq = seq;
  }

  #take(event: TapeEvent, cursor: Cursor, seq: number): void {
    const key = latestKeyOf(event);
    const known = this.#values.get(key);
    if (known !== undefined && isOlder(event, known.event)) return;
    if (event.kind === "book") {
      this.#book = foldBook(this.#book, event, cursor);
      // A diff before any snapshot says nothing (SPEC D-3).
      if (this.#book === null) return;
    }
    if (known !== undefined) this.#unlink(known);
    this.#link({ key, event, seq, json: null, older: null, newer: null });
    if (this.#values.size > MOST_KEYS && this.#oldest !== null) this.#unlink(this.#oldest);
  }

  #link(value: Value): void {
    value.older = this.#newest;
    if (this.#newest !== null) this.#newest.newer = value;
    this.#newest = value;
    this.#oldest ??= value;
    this.#values.set(value.key, value);
  }

  #unlink({ key, older, newer }: Value): void {
    if (older !== null) older.newer = newer;
    else this.#oldest = newer;
    if (newer !== null) newer.older = older;
    else this.#newest = older;
    this.#values.delete(key);
  }
}

/** What of two events of a room the later one replaces has the same key. */
export function latestKeyOf(event: TapeEvent): string {
  switch (event.kind) {
    case "metric":
      return `metric\u0001${event.metric}\u0001${canonicalLabels(event.labels)}`;
    case "position":
      return `position\u0001${event.account ?? ""}`;
    case "order":
      return `order\u0001${orderKey(event)}`;
    case "note":
      return `note\u0001${noteKey(event)}`;
    case "alert":
      return `alert\u0001${event.rule}\u0001${event.series ?? ""}`;
    case "trade":
    case "book":
    case "log":
      return event.kind;
    default:
      return event satisfies never;
  }
}

/** A book and what has no value of its own go by the log, an order by its life, all else by its time (SPEC S-2, OR-3). */
function isOlder(event: TapeEvent, known: TapeEvent): boolean {
  if (event.kind === "order") return known.kind === "order" && !replaces(event, known);
  if (event.kind === "book" || event.kind === "log" || event.kind === "alert") return false;
  return event.ts < known.ts;
}
