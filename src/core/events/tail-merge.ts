import type { TapeEvent } from "../../protocol/events/event.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { stateKey } from "../orders/order-state.ts";
import { tradeKey } from "./encode-events.ts";
import { canonicalLabels } from "./labels.ts";
import { noteKey } from "./note-key.ts";

/** An event of one room and the cursor of its frame. */
export interface LoggedEvent {
  cursor: Cursor;
  event: TapeEvent;
}

/**
 * Puts the tail of a room between stored events that come by time, page after page. What is in both, or twice in the
 * tail, comes once: of points of a series, positions of an account, states of an order with one status or notes of one name
 * at one moment the one with the later cursor (INV-9), of equal trades the earlier. At one moment stored events come first,
 * as their cursors are earlier.
 */
export class TailMerge {
  /** By time, at one moment in the order of the log. */
  readonly #tail: readonly LoggedEvent[];
  /** What is still to come of the events that have an identity. */
  readonly #waiting = new Map<string, LoggedEvent>();
  #next = 0;

  /** `tail`: in the order of the log. */
  constructor(tail: readonly LoggedEvent[]) {
    this.#tail = [...tail].sort((a, b) => a.event.ts - b.event.ts);
    for (const logged of tail) {
      const key = keyOf(logged.event);
      if (key !== null && (laterWins(logged.event) || !this.#waiting.has(key))) {
        this.#waiting.set(key, logged);
      }
    }
  }

  /** A page of stored events, which are later than those of the pages before, with what of the tail belongs before each. */
  merge(stored: readonly LoggedEvent[]): LoggedEvent[] {
    const merged: LoggedEvent[] = [];
    for (const one of stored) {
      this.#takeBefore(one.event.ts, merged);
      const key = keyOf(one.event);
      const other = key === null ? undefined : this.#waiting.get(key);
      if (key !== null && other !== undefined) {
        if (laterWins(one.event) && other.cursor > one.cursor) continue;
        this.#waiting.delete(key);
      }
      merged.push(one);
    }
    return merged;
  }

  /** What of the tail is later than every stored event. */
  rest(): LoggedEvent[] {
    const rest: LoggedEvent[] = [];
    this.#takeBefore(Number.POSITIVE_INFINITY, rest);
    return rest;
  }

  #takeBefore(us: number, into: LoggedEvent[]): void {
    for (; this.#next < this.#tail.length; this.#next += 1) {
      const logged = this.#tail[this.#next] as LoggedEvent;
      if (logged.event.ts >= us) return;
      const key = keyOf(logged.event);
      if (key === null || this.#waiting.get(key) === logged) into.push(logged);
    }
  }
}

/** What makes two events of a room one; null where nothing does. */
function keyOf(event: TapeEvent): string | null {
  switch (event.kind) {
    case "trade":
      return tradeKey(event);
    case "metric":
      return `${event.ts}\u0001${canonicalLabels(event.labels)}\u0001${event.metric}`;
    case "position":
      return `${event.ts}\u0001${event.account ?? ""}`;
    // A sample, a line, or an alert, is its place in the log, and the tail begins where what is stored ends.
    case "book":
    case "log":
    case "alert":
      return null;
    case "order":
      return stateKey(event);
    case "note":
      return noteKey(event);
    default:
      return event satisfies never;
  }
}

function laterWins(event: TapeEvent): boolean {
  return event.kind !== "trade";
}
