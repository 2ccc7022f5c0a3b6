import type { JoinRefusal } from "../../../src/bindings/host.ts";
import { LatestRoom } from "../../../src/core/streams/latest-room.ts";
import type { ServerMessage } from "../../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { Seat, type SeatOwner } from "../stream/seat.ts";

export interface LatestTapsDeps {
  join(seat: Seat): Promise<JoinRefusal | null>;
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
  /** Streams that watch it. */
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

  /** One stream more watches the room, where it still `enters` once the tap is in it. Null: it is not refused. */
  async follow(symbol: SymbolName, enters: () => boolean): Promise<JoinRefusal | null> {
    const known = this.#tapped.get(symbol) ?? this.#begin(symbol);
    const refusal = await known.joining;
    if (refusal !== null) {
      if (this.#tapped.get(symbol) === known && known.streams === 0) this.#tapped.delete(symbol);
      return refusal;
    }
    // While it was asked for it may have gone again.
    const tapped = this.#tapped.get(symbol) ?? known;
    if (!enters()) {
      this.#letGo(symbol, tapped);
      return null;
    }
    this.#tapped.set(symbol, tapped);
    tapped.streams += 1;
    return null;
  }

  /** One stream less watches the room. */
  unfollow(symbol: SymbolName): void {
    const tapped = this.#tapped.get(symbol);
    if (tapped === undefined) return;
    tapped.streams -= 1;
    this.#letGo(symbol, tapped);
  }

  // What a tap is told.

  get heardMs(): number {
    return this.#deps.nowMs();
  }

  hear({ symbol }: Seat, text: string): void {
    const room = this.roomOf(symbol);
    if (room === undefined) return;
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
  ended({ symbol }: Seat): void {
    const tapped = this.#tapped.get(symbol);
    if (tapped !== undefined) this.#deps.keepAwake(this.#joinAgain(symbol, tapped));
  }

  async #joinAgain(symbol: SymbolName, tapped: Tapped): Promise<void> {
    for (;;) {
      await this.#deps.wait(AGAIN_MS);
      if (this.#tapped.get(symbol) !== tapped) return;
      tapped.tap = new Seat(symbol, this);
      tapped.joining = this.#deps.join(tapped.tap);
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
    tapped.joining = this.#deps.join(tap);
    return tapped;
  }

  #letGo(symbol: SymbolName, tapped: Tapped): void {
    if (tapped.streams > 0 || this.#tapped.get(symbol) !== tapped) return;
    this.#tapped.delete(symbol);
    this.#deps.leave(tapped.tap);
  }
}
