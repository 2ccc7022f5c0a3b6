import type { JoinRefusal } from "../../../src/bindings/host.ts";
import { LatestRoom } from "../../../src/core/streams/latest-room.ts";
import type { ServerMessage } from "../../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { Seat, type SeatOwner } from "../stream/seat.ts";

export interface LatestTapsDeps {
  /** Brings a tap into its room, where it still `enters`. Null: it is not refused. */
  join(seat: Seat, enters: () => boolean): Promise<JoinRefusal | null>;
  leave(seat: Seat): void;
  /** The number of a change that is about to be kept. */
  nextSeq(): number;
  /** A room has changed. */
  changed(): void;
  nowMs: () => number;
  wait: (ms: number) => Promise<void>;
  keepAwake: (work: Promise<void>) => void;
}

interface Tapped {
  room: LatestRoom;
  tap: Seat;
  /** Streams that watch it, or wait to. */
  streams: number;
  joining: Promise<JoinRefusal | null>;
}

/** A room that went away is asked for again after so long, in ms. */
const AGAIN_MS = 1_000;

/** The rooms that any stream of `latest` watches: in each sits a tap, one seat for all, which keeps its last values. */
export class LatestTaps implements SeatOwner {
  readonly #deps: LatestTapsDeps;
  readonly #tapped = new Map<SymbolName, Tapped>();

  constructor(deps: LatestTapsDeps) {
    this.#deps = deps;
  }

  *rooms(): Iterable<LatestRoom> {
    for (const { room } of this.#tapped.values()) yield room;
  }

  roomOf(symbol: SymbolName): LatestRoom | undefined {
    return this.#tapped.get(symbol)?.room;
  }

  /**
   * One stream more watches the room, where it still `enters` once the tap is in it; the tap stays while anybody waits for it. Null: it is not
   * refused.
   */
  async follow(symbol: SymbolName, enters: () => boolean): Promise<JoinRefusal | null> {
    const tapped = this.#tapped.get(symbol) ?? this.#begin(symbol);
    tapped.streams += 1;
    const refusal = await tapped.joining;
    if (refusal === null && enters()) return null;
    this.#letGo(symbol, tapped);
    return refusal;
  }

  /** One stream less watches the room. */
  unfollow(symbol: SymbolName): void {
    const tapped = this.#tapped.get(symbol);
    if (tapped !== undefined) this.#letGo(symbol, tapped);
  }

  // What a tap is told.

  get heardMs(): number {
    return this.#deps.nowMs();
  }

  hear(tap: Seat, text: string): void {
    const tapped = this.#tapped.get(tap.symbol);
    if (tapped?.tap !== tap) return;
    const { room } = tapped;
    const message = JSON.parse(text) as ServerMessage;
    switch (message.type) {
      case "snapshot":
        room.begin(message, this.#deps.nextSeq());
        break;
      case "events":
        room.take(message.events, message.cursor, this.#deps.nextSeq());
        break;
      case "bar": {
        const { type: _, ...bar } = message;
        room.closeBar(bar, this.#deps.nextSeq());
        break;
      }
      // After a gap a snapshot follows.
      case "hello":
      case "gap":
      case "caught_up":
      case "error":
        return;
      default:
        message satisfies never;
    }
    this.#deps.changed();
  }

  mustWait(): boolean {
    return false;
  }

  /** The room has gone, as where it moves: it begins anew where it is then. */
  ended(tap: Seat): void {
    const tapped = this.#tapped.get(tap.symbol);
    if (tapped?.tap === tap) this.#deps.keepAwake(this.#joinAgain(tap.symbol, tapped));
  }

  async #joinAgain(symbol: SymbolName, tapped: Tapped): Promise<void> {
    for (;;) {
      await this.#deps.wait(AGAIN_MS);
      if (this.#tapped.get(symbol) !== tapped) return;
      tapped.tap = new Seat(symbol, this);
      tapped.joining = this.#join(tapped.tap);
      if ((await tapped.joining) === null) return;
    }
  }

  #begin(symbol: SymbolName): Tapped {
    const tap = new Seat(symbol, this);
    const tapped: Tapped = {
      ...{ room: new LatestRoom(), tap, streams: 0 },
      joining: Promise.resolve(null),
    };
    this.#tapped.set(symbol, tapped);
    tapped.joining = this.#join(tap);
    return tapped;
  }

  /** Nobody may want it any more once it could come in. */
  #join(tap: Seat): Promise<JoinRefusal | null> {
    return this.#deps.join(tap, () => this.#isCurrent(tap));
  }

  #isCurrent(tap: Seat): boolean {
    return this.#tapped.get(tap.symbol)?.tap === tap;
  }

  #letGo(symbol: SymbolName, tapped: Tapped): void {
    tapped.streams -= 1;
    if (tapped.streams > 0) return;
    this.#tapped.delete(symbol);
    this.#deps.leave(tapped.tap);
  }
}
