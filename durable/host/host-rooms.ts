import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import type { TradeReading } from "../room/append/trade-reading.ts";
import type { RoomCore } from "../room/room-core.ts";
import type { LoadedRooms } from "./loaded-rooms.ts";
import type { HostLog, RoomId } from "./log/host-log.ts";
import type { HeldBack } from "./outbox/held-back.ts";
import type { Storable } from "./outbox/outbox-log.ts";
import type { Registry } from "./registry.ts";

export interface HostRoomsDeps {
  registry: Registry;
  log: Pick<HostLog, "lastOf">;
  loaded: LoadedRooms;
  /** What Postgres refuses, and what has no place yet. */
  held: Pick<HeldBack, "lastOf" | "roomIds" | "of">;
}

/** The rooms of a host: which there are, what of them may be stored or dropped, and each of them when it is asked for. */
export class HostRooms {
  readonly #deps: HostRoomsDeps;

  constructor(deps: HostRoomsDeps) {
    this.#deps = deps;
  }

  /** The room of a symbol, loaded where it is not in memory. */
  of(symbol: SymbolName): RoomCore {
    const room = this.#deps.loaded.of(symbol);
    // Somebody waited for it before anything was known of it.
    const record = room.log.id === null ? this.#deps.registry.find(symbol) : undefined;
    if (record !== undefined) room.log.adopt(record);
    return room;
  }

  /** Every room that a symbol has had on this host, oldest first. */
  idsOf(symbol: SymbolName): RoomId[] {
    const { registry } = this.#deps;
    const record = registry.find(symbol);
    return [...registry.formerOf(symbol), ...(record === undefined ? [] : [record.id])];
  }

  /** Cursor of the newest frame of these rooms that is here; 0 where they have none. */
  headOf(rooms: readonly RoomId[]): Cursor {
    const { log, held } = this.#deps;
    // What Postgres refuses may not be in the log any more.
    const lastOf = (room: RoomId) => log.lastOf(room) ?? held.lastOf(room) ?? 0;
    return Math.max(0, ...rooms.map(lastOf)) as Cursor;
  }

  /** May what a room has go to Postgres? One whose frames are in the way of the outbox looks at once for what was before it. */
  storable(id: RoomId): Storable {
    const { symbol, pending } = this.#deps.registry.byId(id);
    if (pending !== "place") return "now";
    const room = this.of(symbol);
    room.lookBack();
    if (room.mayStore) return "now";
    return room.awaitsOthers ? "aside" : "soon";
  }

  /** May frames up to `through` go? Those of a room that has no place yet may have to leave their rows for others. */
  mayDrop(through: Cursor): boolean {
    const { held, registry } = this.#deps;
    for (const id of held.roomIds) {
      const first = held.of(id)?.first ?? Number.POSITIVE_INFINITY;
      if (first <= through && registry.byId(id).pending === "place") return false;
    }
    return true;
  }

  /** Has a room had a trade? */
  hasTraded(id: RoomId): boolean {
    return this.of(this.#deps.registry.byId(id).symbol).hasTraded;
  }

  /** What a room knows by the frames up to `through`, which are about to be dropped, is written down. */
  keepBeforeDrop(id: RoomId, through: Cursor, trades: TradeReading | null): void {
    const { registry } = this.#deps;
    this.of(registry.byId(id).symbol).keepBeforeDrop(through, trades);
    registry.noteDropped(id, through);
  }

  /** Up to here Postgres alone had what was of some room; null where the log reaches back to the beginning of each. */
  get lostThrough(): Cursor | null {
    let lost: number | null = null;
    for (const { reaches, before } of this.#deps.registry.all()) {
      if (!reaches) lost = Math.max(lost ?? 0, before);
    }
    return lost as Cursor | null;
  }
}
