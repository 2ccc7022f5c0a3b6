import type { StreamTerms } from "../../../src/bindings/streams.ts";
import { matchesGlob } from "../../../src/core/placement/glob.ts";
import {
  isPattern,
  MOST_STREAM_SYMBOLS,
  type StreamEntry,
} from "../../../src/protocol/streams/client-message.ts";
import type { StreamError } from "../../../src/protocol/streams/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { SavedStream } from "./saved-stream.ts";
import type { Seat } from "./seat.ts";
import { symbolOfEntry } from "./stream-words.ts";

export type EntryFault = Omit<StreamError, "type" | "id">;

/** The rooms that one stream is in, and its seat in each. */
export interface Seats {
  readonly size: number;
  has(symbol: SymbolName): boolean;
  get(symbol: SymbolName): Seat | undefined;
  set(symbol: SymbolName, seat: Seat): unknown;
  delete(symbol: SymbolName): boolean;
  clear(): void;
  keys(): Iterable<SymbolName>;
  values(): Iterable<Seat>;
}

/** What one stream watches: its rooms, those it waits for, its patterns, and what no pattern brings back. */
export class Watched {
  readonly seats: Seats;
  /** Rooms that it has asked for and is not in yet. */
  readonly joining = new Map<SymbolName, Seat>();
  /** Each with the moment from which on it holds. */
  readonly patterns: Map<string, Cursor>;
  /** No pattern brings these back. */
  readonly left: Set<SymbolName>;

  /** `saved`: of the stream as it slept. */
  constructor(seats: Seats, saved?: Pick<SavedStream, "patterns" | "left">) {
    this.seats = seats;
    this.patterns = new Map(saved?.patterns);
    this.left = new Set(saved?.left);
  }

  get rooms(): number {
    return this.seats.size + this.joining.size;
  }

  /** How many symbols and patterns more it may have. */
  get free(): number {
    return Math.max(0, MOST_STREAM_SYMBOLS - this.rooms - this.patterns.size);
  }

  get symbols(): SymbolName[] {
    return [...this.seats.keys(), ...this.joining.keys()];
  }

  /** The moment of the first pattern that is for the symbol; null where none is. */
  sinceOf(symbol: SymbolName): Cursor | null {
    for (const [pattern, since] of this.patterns) if (matchesGlob(pattern, symbol)) return since;
    return null;
  }

  /** Would a pattern bring the symbol? */
  isNewTo(symbol: SymbolName): boolean {
    return !this.seats.has(symbol) && !this.joining.has(symbol) && !this.left.has(symbol);
  }

  /** Why an entry cannot be watched; null where it can. `asked`: what the same message asks for before it. */
  faultOf(
    entry: StreamEntry,
    asked: ReadonlyMap<SymbolName, unknown>,
    free: number,
    terms: StreamTerms,
  ): EntryFault | null {
    const symbol = typeof entry === "string" ? entry : entry.symbol;
    if (free <= 0) {
      const message = `a stream may have ${MOST_STREAM_SYMBOLS} symbols and patterns: open another one`;
      return { symbol, code: "too_many_symbols", message };
    }
    if (typeof entry !== "string" && entry.since !== undefined && terms.mode === "latest") {
      const message = "since goes with mode=all: in mode=latest a room begins with its last values";
      return { symbol, code: "bad_message", message };
    }
    if (typeof entry !== "string" && entry.log !== undefined && entry.since === undefined) {
      const message = "log needs since: it names the log that the cursor is of";
      return { symbol, code: "bad_message", message };
    }
    if (typeof entry === "string" && isPattern(entry)) {
      if (!this.patterns.has(entry)) return null;
    } else {
      const name = symbolOfEntry(entry);
      if (!covers(terms, name)) return { ...forbidden(name), symbol };
      if (!this.seats.has(name) && !this.joining.has(name) && !asked.has(name)) return null;
    }
    return { symbol, code: "already_subscribed", message: "is watched already" };
  }
}

/** Is the stream's token for the symbol? */
export function covers({ symbols }: StreamTerms, symbol: SymbolName): boolean {
  return symbols === null || symbols.some((glob) => matchesGlob(glob, symbol));
}

export function forbidden(symbol: SymbolName): EntryFault {
  return { symbol, code: "forbidden", message: "the token is not for this symbol" };
}
