import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { Seat, type SeatOwner } from "../stream/seat.ts";
import type { Seats } from "../stream/watched.ts";
import type { NameSets, SharedNames } from "./name-sets.ts";

/**
 * The rooms of a stream of `latest`, which sits in none itself: a tap does, for all of them. So a seat is nothing but its name, and streams
 * with the same names keep them once. 500 seats of a stream's own are some 50 KB, and one object may hold 32,000 streams.
 */
export class SharedSeats implements Seats {
  readonly #sets: NameSets;
  readonly #owner: SeatOwner;
  #names: ReadonlySet<SymbolName> = new Set<SymbolName>();
  /** Whose the names are; null: the stream's own, for they have changed since they were last shared. */
  #shared: SharedNames | null = null;

  constructor(sets: NameSets, owner: SeatOwner) {
    this.#sets = sets;
    this.#owner = owner;
  }

  /** One object for all streams with the same rooms, until one of them changes. */
  get shared(): SharedNames {
    this.#shared ??= this.#sets.share(this.#names);
    this.#names = this.#shared.names;
    return this.#shared;
  }

  get size(): number {
    return this.#names.size;
  }

  has(symbol: SymbolName): boolean {
    return this.#names.has(symbol);
  }

  get(symbol: SymbolName): Seat | undefined {
    return this.has(symbol) ? new Seat(symbol, this.#owner) : undefined;
  }

  set(symbol: SymbolName): void {
    this.#change().add(symbol);
  }

  delete(symbol: SymbolName): boolean {
    return this.has(symbol) && this.#change().delete(symbol);
  }

  clear(): void {
    this.#change().clear();
  }

  keys(): Iterable<SymbolName> {
    return this.#names;
  }

  *values(): Iterable<Seat> {
    for (const symbol of this.#names) yield new Seat(symbol, this.#owner);
  }

  /** The names, to be changed. */
  #change(): Set<SymbolName> {
    if (this.#shared === null) return this.#names as Set<SymbolName>;
    this.#sets.release(this.#shared);
    this.#shared = null;
    const own = new Set(this.#names);
    this.#names = own;
    return own;
  }
}
