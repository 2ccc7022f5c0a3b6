import type { JoinRefusal } from "../../../src/bindings/host.ts";
import type { StreamTerms } from "../../../src/bindings/streams.ts";
import { fewAtOnce } from "../../../src/core/limits/few-at-once.ts";
import { matchesGlob } from "../../../src/core/placement/glob.ts";
import {
  isPattern,
  MOST_STREAM_SYMBOLS,
  type StreamEntry,
  type StreamRequestId,
} from "../../../src/protocol/streams/client-message.ts";
import type { StreamWord } from "../../../src/protocol/streams/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { SavedStream, StreamAttachment } from "./saved-stream.ts";
import { Seat, type SeatOwner } from "./seat.ts";
import { errorOf, NOW, ofId, type Place, placeOfEntry, symbolOfEntry } from "./stream-words.ts";
import { covers, type EntryFault, forbidden, type Seats, Watched } from "./watched.ts";

export interface StreamRoomsDeps {
  /** As they are now: another token changes them. */
  terms(): StreamTerms;
  /** Whom the seats belong to. */
  owner: SeatOwner;
  /** Where it keeps those that it has; none at first. */
  seats: Seats;
  isOver(): boolean;
  /** Brings a seat into its room, where it still `enters`. Null: it is not refused. */
  join(seat: Seat, place: Place): Promise<JoinRefusal | null>;
  leave(seat: Seat): void;
  /** Symbols that are there now and that one of the patterns matches. */
  namesOf(patterns: readonly string[]): Promise<SymbolName[]>;
  say(word: StreamWord): void;
  /** What is written down of the stream is not true any more. */
  changed(): void;
  nowMs: () => number;
  keepAwake: (work: Promise<void>) => void;
}

/** Rooms that are asked for at once. */
const JOINS_AT_ONCE = 32;

/** The rooms of one stream: how it comes into them, by name and by pattern, and leaves them. */
export class StreamRooms {
  readonly #deps: StreamRoomsDeps;
  readonly #watched: Watched;

  /** `slept`: of the stream as it slept. */
  constructor(
    deps: StreamRoomsDeps,
    slept: { saved: SavedStream; attachment: StreamAttachment } | null,
  ) {
    this.#deps = deps;
    this.#watched = new Watched(deps.seats, slept?.saved);
    const behind = new Map(slept?.attachment.behind);
    for (const symbol of slept?.saved.rooms ?? []) {
      const phase = behind.get(symbol) ?? { kind: "live" };
      this.#watched.seats.set(symbol, new Seat(symbol, deps.owner, phase));
    }
  }

  /** Of the rooms that it is in. */
  get seats(): Iterable<Seat> {
    return this.#watched.seats.values();
  }

  get hasPatterns(): boolean {
    return this.#watched.patterns.size > 0;
  }

  save(): Pick<SavedStream, "rooms" | "patterns" | "left"> {
    const { seats, patterns, left } = this.#watched;
    return { rooms: [...seats.keys()], patterns: [...patterns], left: [...left] };
  }

  /** What was asked for is answered first; then each room speaks for itself, and what cannot be watched is an error of its own. */
  async subscribe(entries: readonly StreamEntry[], id?: StreamRequestId): Promise<void> {
    const patterns: string[] = [];
    const places = new Map<SymbolName, Place>();
    const errors: EntryFault[] = [];
    let { free } = this.#watched;
    for (const entry of entries) {
      const fault = this.#watched.faultOf(entry, places, free, this.#deps.terms());
      if (fault !== null) {
        errors.push(fault);
        continue;
      }
      free -= 1;
      if (typeof entry === "string" && isPattern(entry)) patterns.push(entry);
      else places.set(symbolOfEntry(entry), placeOfEntry(entry));
    }
    const nowUs = (this.#deps.nowMs() * 1_000) as Cursor;
    for (const pattern of patterns) this.#watched.patterns.set(pattern, nowUs);
    for (const symbol of places.keys()) this.#watched.left.delete(symbol);
    this.#deps.changed();
    this.#deps.say({ type: "subscribed", ...ofId(id), symbols: [...places.keys()], patterns });
    for (const error of errors) this.#deps.say({ type: "error", ...ofId(id), ...error });
    await this.#joinAll([...places], id);
    if (patterns.length > 0) await this.#match(patterns, id);
  }

  /** The object has lost from memory what its rooms had: each begins anew. */
  rejoin(): void {
    const { seats } = this.#watched;
    const places = [...seats.keys()].map((symbol) => [symbol, NOW] as const);
    seats.clear();
    this.#deps.keepAwake(this.#joinAll(places));
  }

  /** Watches what is there now of these patterns. */
  async #match(patterns: readonly string[], id?: StreamRequestId): Promise<void> {
    const names = await this.#deps.namesOf(patterns);
    const fresh = names.filter((symbol) => this.#wants(symbol));
    const free = this.#free(fresh.length, patterns, id);
    await this.#joinAll(
      fresh.slice(0, free).map((symbol) => [symbol, NOW]),
      id,
    );
  }

  /** These symbols have come, or are found now: from the moment of the pattern on. */
  meet(symbols: Iterable<SymbolName>): void {
    if (!this.hasPatterns) return;
    const places: [SymbolName, Place][] = [];
    for (const symbol of symbols) {
      const since = this.#wants(symbol) ? this.#watched.sinceOf(symbol) : null;
      if (since !== null) places.push([symbol, { since, log: null }]);
    }
    if (places.length === 0) return;
    const free = this.#free(places.length, [...this.#watched.patterns.keys()]);
    this.#deps.keepAwake(this.#joinAll(places.slice(0, free)));
  }

  #wants(symbol: SymbolName): boolean {
    return this.#watched.isNewTo(symbol) && covers(this.#deps.terms(), symbol);
  }

  /** How many rooms more it may have; says so where that are less than it wants. */
  #free(wanted: number, patterns: readonly string[], id?: StreamRequestId): number {
    const { free } = this.#watched;
    if (wanted > free) {
      this.#deps.say({
        ...{ type: "error", ...ofId(id), symbol: patterns.join(","), code: "too_many_symbols" },
        message: `matches ${wanted - free} symbols more than the ${MOST_STREAM_SYMBOLS} that one stream may have`,
      });
    }
    return free;
  }

  async #joinAll(
    places: readonly (readonly [SymbolName, Place])[],
    id?: StreamRequestId,
  ): Promise<void> {
    const seats = places.map(([symbol, place]) => ({
      seat: new Seat(symbol, this.#deps.owner),
      place,
    }));
    for (const { seat } of seats) this.#watched.joining.set(seat.symbol, seat);
    await fewAtOnce(seats, ({ seat, place }) => this.#join(seat, place, id), JOINS_AT_ONCE);
  }

  async #join(seat: Seat, place: Place, id?: StreamRequestId): Promise<void> {
    const { symbol } = seat;
    // It may have been let go again before its turn came.
    const { joining } = this.#watched;
    if (joining.get(symbol) !== seat) return;
    const refusal = await this.#deps.join(seat, place);
    if (refusal !== null) {
      if (joining.get(symbol) === seat) joining.delete(symbol);
      this.#deps.say(errorOf(refusal, symbol, id));
    }
  }

  /** May the room let the seat in? It may have gone meanwhile. */
  enters(seat: Seat): boolean {
    const { joining, seats } = this.#watched;
    if (this.#deps.isOver() || joining.get(seat.symbol) !== seat) return false;
    joining.delete(seat.symbol);
    seats.set(seat.symbol, seat);
    this.#deps.changed();
    return true;
  }

  unsubscribe(names: readonly string[], id?: StreamRequestId): void {
    const symbols: SymbolName[] = [];
    const patterns: string[] = [];
    for (const name of names) {
      if (isPattern(name) && this.#watched.patterns.delete(name)) {
        patterns.push(name);
        for (const symbol of this.#watched.symbols) {
          if (matchesGlob(name, symbol) && this.#letGo(symbol)) symbols.push(symbol);
        }
        continue;
      }
      const symbol = symbolOfEntry(name);
      if (this.#letGo(symbol)) {
        this.#watched.left.add(symbol);
        symbols.push(symbol);
        continue;
      }
      const code = "not_subscribed";
      this.#deps.say({ type: "error", ...ofId(id), symbol: name, code, message: "is not watched" });
    }
    this.#deps.changed();
    this.#deps.say({ type: "unsubscribed", ...ofId(id), symbols, patterns });
  }

  /** Lets go of what the token does not cover any more, and says so. */
  keepCovered(): void {
    for (const symbol of this.#watched.symbols) {
      if (covers(this.#deps.terms(), symbol) || !this.#letGo(symbol)) continue;
      this.#watched.left.add(symbol);
      this.#deps.say({ type: "error", ...forbidden(symbol) });
    }
  }

  #letGo(symbol: SymbolName): boolean {
    const { joining, seats } = this.#watched;
    if (joining.delete(symbol)) return true;
    const seat = seats.get(symbol);
    if (seat === undefined) return false;
    seats.delete(symbol);
    this.#deps.leave(seat);
    return true;
  }

  /** Is it in the room with this seat? It may have been let go while its room let it in. */
  has(seat: Seat): boolean {
    return this.#watched.seats.get(seat.symbol) === seat;
  }

  /** The room has gone, and no pattern brings it back. */
  hasGone(seat: Seat): void {
    this.#watched.seats.delete(seat.symbol);
    this.#watched.left.add(seat.symbol);
  }

  /** The stream is no more. */
  leaveAll(): void {
    this.#watched.joining.clear();
    for (const seat of this.seats) this.#deps.leave(seat);
    this.#watched.seats.clear();
  }
}
