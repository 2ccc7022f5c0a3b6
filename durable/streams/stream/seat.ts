import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { ViewerAttachment, ViewerPhase, ViewerSocket } from "../../room/viewers/viewer.ts";

/** The stream that a seat belongs to, as its seats see it. */
export interface SeatOwner {
  /** When its client was heard last, in ms. */
  readonly heardMs: number;
  /** The room says something to it. */
  hear(seat: Seat, text: string): void;
  /** May the room send it nothing more now? The stream has the room go on later. */
  mustWait(seat: Seat): boolean;
  /** The room has ended it. */
  ended(seat: Seat, code: number, reason: string): void;
}

/** A stream's place in one room: to the room a viewer's socket like any other. */
export class Seat implements ViewerSocket {
  readonly symbol: SymbolName;
  /** What it has been sent since its turn began, in characters, while it replays. */
  turnChars = 0;
  readonly #owner: SeatOwner;
  #phase: ViewerPhase | null;

  /** `phase`: where it was before the object slept. */
  constructor(symbol: SymbolName, owner: SeatOwner, phase: ViewerPhase | null = null) {
    this.symbol = symbol;
    this.#owner = owner;
    this.#phase = phase;
  }

  /** Null before its room has brought it anywhere. */
  get phase(): ViewerPhase | null {
    return this.#phase;
  }

  get isLive(): boolean {
    return this.#phase?.kind === "live";
  }

  send(text: string): void {
    if (!this.isLive) this.turnChars += text.length;
    this.#owner.hear(this, text);
  }

  close(code: number, reason: string): void {
    this.#owner.ended(this, code, reason);
  }

  pingedMs(): number {
    return this.#owner.heardMs;
  }

  saveAttachment({ phase }: ViewerAttachment): void {
    this.#phase = phase;
  }

  isFull(): boolean {
    return this.#owner.mustWait(this);
  }
}

/** What a room needs of a seat that slept, for all else is the stream's. */
export function attachmentOf(phase: ViewerPhase, nowMs: number): ViewerAttachment {
  return {
    ...{ key: null, expiresAtMs: null, phase, heardAtMs: nowMs },
    ...{ blockedSinceMs: null, unacknowledged: [] },
  };
}
