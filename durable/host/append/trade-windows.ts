import type { SymbolBatch } from "../../../src/core/events/encode-events.ts";
import { decodeFrame, tradeKey } from "../../../src/core/events/encode-events.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { WINDOW_EVENTS } from "../../room/state/room-state.ts";
import type { HostLog, LogFrame, RoomId } from "../log/host-log.ts";

/** Where fewer rooms lack their windows each reads its own frames. */
export const WORTH_WINDOWS = 8;
/** Of the log that is read in one turn, some 5 ms. */
const A_TURN_BYTES = 256 * 1024;

/** A room whose window of trades may have to be made. */
export interface WindowedRoom {
  readonly log: { readonly id: RoomId | null };
  readonly lacksTradeWindow: boolean;
  makeTradeWindow(keys: Iterable<string>, through: Cursor): void;
}

export interface TradeWindowsDeps {
  log: Pick<HostLog, "memoryFrom" | "rowsBack">;
  /** Null where nobody has pushed to it here. */
  roomOf: (symbol: SymbolName) => WindowedRoom | null;
  /** One turn of the event loop. */
  pause: () => Promise<void>;
}

/** Keys of a room's trades as they are read, the newest frame first. */
interface Reading {
  room: WindowedRoom;
  keys: string[][];
  events: number;
}

/**
 * Makes the windows of many rooms in one pass over the log, as a batch over many symbols needs after a wake. A commit has frames of
 * hundreds of rooms in one row, so if each room looked for the rows that have some of it, a batch would look at each row hundreds of
 * times.
 */
export class TradeWindows {
  readonly #deps: TradeWindowsDeps;
  #waiting = new Map<RoomId, Reading>();
  #last: Promise<void> = Promise.resolve();

  constructor(deps: TradeWindowsDeps) {
    this.#deps = deps;
  }

  /** The rooms that these parts would have read the log; none where they are few. */
  lacking(parts: readonly SymbolBatch[]): WindowedRoom[] {
    if (parts.length < WORTH_WINDOWS) return [];
    const rooms: WindowedRoom[] = [];
    for (const { symbol, tradeKeys } of parts) {
      const room = tradeKeys === undefined ? null : this.#deps.roomOf(symbol);
      if (room?.lacksTradeWindow === true) rooms.push(room);
    }
    return rooms.length < WORTH_WINDOWS ? [] : rooms;
  }

  /** Ends when these have their windows. One pass is under way at a time, and the next is for all that wait for it. */
  make(rooms: readonly WindowedRoom[]): Promise<void> {
    for (const room of rooms) {
      const { id } = room.log;
      if (id !== null) this.#waiting.set(id, { room, keys: [], events: 0 });
    }
    const pass = () => this.#run();
    this.#last = this.#last.then(pass, pass);
    return this.#last;
  }

  async #run(): Promise<void> {
    const { log, pause } = this.#deps;
    const readings = this.#waiting;
    if (readings.size === 0) return;
    this.#waiting = new Map();
    const through = log.memoryFrom;
    const open = new Set(readings.keys());
    for (let upTo = through; open.size > 0; ) {
      // Each turn looks anew for where it is: what is stored may be dropped meanwhile.
      const piece = log.rowsBack(upTo, open, A_TURN_BYTES);
      if (piece === null) break;
      for (const { parts } of piece.rows) {
        for (const { room, frames } of parts) {
          const reading = open.has(room) ? readings.get(room) : undefined;
          if (reading !== undefined && take(reading, frames)) open.delete(room);
        }
      }
      upTo = piece.after;
      await pause();
    }
    for (const { room, keys } of readings.values()) {
      room.makeTradeWindow(keys.reverse().flat(), through);
    }
  }
}

/** True where the room needs no older frames. */
function take(reading: Reading, frames: readonly LogFrame[]): boolean {
  for (const { text, count } of frames.toReversed()) {
    reading.keys.push(
      decodeFrame(text)
        .map(tradeKey)
        .filter((key) => key !== null),
    );
    reading.events += count;
  }
  return reading.events >= WINDOW_EVENTS;
}
