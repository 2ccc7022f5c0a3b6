import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { TradeWindow } from "../room/append/trade-window.ts";
import type { RoomCore } from "../room/room-core.ts";

/** A room that nobody has asked for so long leaves memory, where nothing keeps it there... */
const UNUSED_MS = 600_000;
/** ...and sooner where there are many: an object has 128 MB. */
const UNUSED_OF_MANY_MS = 60_000;
const MANY = 5_000;
/** Rooms unloaded at one alarm: each may write its state down. */
const AT_ONCE = 1_000;
/** Rooms that are looked at in one turn of the event loop. */
const LOOKS_A_TURN = 5_000;

/** The rooms that a host has in memory. */
export class LoadedRooms {
  readonly #load: (symbol: SymbolName) => RoomCore;
  readonly #nowMs: () => number;
  readonly #pause: () => Promise<void>;
  readonly #rooms = new Map<SymbolName, { room: RoomCore; usedMs: number }>();
  readonly #active = new Set<RoomCore>();

  /** `pause`: one turn of the event loop. */
  constructor(
    load: (symbol: SymbolName) => RoomCore,
    nowMs: () => number,
    pause: () => Promise<void>,
  ) {
    this.#load = load;
    this.#nowMs = nowMs;
    this.#pause = pause;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The room of a symbol, loaded where it is not in memory. */
  of(symbol: SymbolName): RoomCore {
    const nowMs = this.#nowMs();
    const known = this.#rooms.get(symbol);
    if (known !== undefined) {
      known.usedMs = nowMs;
      return known.room;
    }
    const room = this.#load(symbol);
    this.#rooms.set(symbol, { room, usedMs: nowMs });
    return room;
  }

  /** The room where it is in memory. */
  find(symbol: SymbolName): RoomCore | undefined {
    return this.#rooms.get(symbol)?.room;
  }

  /** What rooms remember of their trades, where they do. */
  *tradeWindows(): Generator<TradeWindow> {
    for (const { room } of this.#rooms.values()) {
      if (room.rememberedTrades !== null) yield room.rememberedTrades;
    }
  }

  /** The symbol has got another room: that of before is not used any more. */
  drop(symbol: SymbolName): void {
    const entry = this.#rooms.get(symbol);
    if (entry === undefined) return;
    this.#rooms.delete(symbol);
    this.#active.delete(entry.room);
  }

  /** The room has got something that an alarm or a goodbye has to look after. */
  activated(room: RoomCore): void {
    this.#active.add(room);
  }

  /**
   * The rooms that have something to be looked after. Of thousands that are only pushed to few have, and whoever went through all
   * of them would hold up everybody else.
   */
  *active(): Generator<RoomCore> {
    for (const room of this.#active) {
      if (room.isActive) yield room;
      else this.#active.delete(room);
    }
  }

  /** Unloads rooms that nobody uses, a part of them where they are many. */
  async unloadUnused(): Promise<void> {
    const nowMs = this.#nowMs();
    const unusedMs = this.#rooms.size > MANY ? UNUSED_OF_MANY_MS : UNUSED_MS;
    let unloaded = 0;
    let looked = 0;
    for (const [symbol, entry] of this.#rooms) {
      looked += 1;
      if (looked % LOOKS_A_TURN === 0) await this.#pause();
      // What was used later than now was used before the clock was turned back.
      entry.usedMs = Math.min(entry.usedMs, nowMs);
      if (nowMs - entry.usedMs < unusedMs || !entry.room.isIdle(nowMs)) continue;
      if (unloaded === AT_ONCE) return;
      entry.room.beforeUnload();
      this.drop(symbol);
      unloaded += 1;
    }
  }
}
