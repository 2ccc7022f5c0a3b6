import type { SymbolBatch } from "../../../src/core/events/encode-events.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { TradeReading } from "../../room/append/trade-reading.ts";
import { WINDOW_EVENTS } from "../../room/state/room-state.ts";
import type { RoomId } from "../log/host-log.ts";
import { type ReadingDeps, readTradesBack } from "./read-trades.ts";

/** Where fewer rooms lack their windows each reads its own frames. */
export const WORTH_WINDOWS = 8;
/** A room whose window of trades may have to be made. */
export interface WindowedRoom {
  readonly log: { readonly id: RoomId | null };
  readonly lacksTradeWindow: boolean;
  makeTradeWindow(keys: Iterable<string>, through: Cursor): void;
}

export interface TradeWindowsDeps extends ReadingDeps<"memoryFrom" | "rowsBack"> {
  /** Null where nobody has pushed to it here. */
  roomOf: (symbol: SymbolName) => WindowedRoom | null;
  /** All windows have been made that were asked for. */
  made: () => void;
}

/**
 * Makes the windows of many rooms in one pass over the log, as a batch over many symbols needs after a wake. A commit has frames of
 * hundreds of rooms in one row, so if each room looked for the rows that have some of it, a batch would look at each row hundreds of
 * times.
 */
export class TradeWindows {
  readonly #deps: TradeWindowsDeps;
  #waiting = new Map<RoomId, WindowedRoom>();
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
      if (id !== null) this.#waiting.set(id, room);
    }
    const pass = () => this.#run();
    this.#last = this.#last.then(pass, pass);
    return this.#last;
  }

  async #run(): Promise<void> {
    const { log, made } = this.#deps;
    const rooms = this.#waiting;
    if (rooms.size === 0) return;
    this.#waiting = new Map();
    const readings = new Map<RoomId, TradeReading>();
    for (const room of rooms.keys()) readings.set(room, new TradeReading(WINDOW_EVENTS));
    const through = log.memoryFrom;
    await readTradesBack(this.#deps, readings, through);
    for (const [id, room] of rooms) room.makeTradeWindow(readings.get(id)?.keys ?? [], through);
    made();
  }
}
