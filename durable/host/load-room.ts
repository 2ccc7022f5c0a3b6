import type { EncodedFrame } from "../../src/core/events/encode-events.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import { RoomLog, type SharedLog } from "../room/log/room-log.ts";
import type { ReadTurns } from "../room/past/read-turns.ts";
import { RoomCore } from "../room/room-core.ts";
import type { RoomPorts } from "../room/room-ports.ts";
import type { FoldedPoints } from "../room/state/folded-points.ts";
import type { PageMemory } from "../room/viewers/replay-pages.ts";
import type { HostAlerts } from "./alerts/host-alerts.ts";
import type { Feeds } from "./feeds/feeds.ts";
import type { HostPorts, HostSettings } from "./host-ports.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { HostSymbols } from "./symbols/host-symbols.ts";

/** What a host gives its rooms. */
export interface Loading {
  ports: HostPorts;
  settings: HostSettings;
  shared: SharedLog;
  symbols: HostSymbols;
  outbox: Outbox;
  feeds: Feeds;
  alerts: HostAlerts;
  turns: ReadTurns;
  pages: PageMemory;
  foldedPoints: FoldedPoints;
  appendOwn: (room: RoomCore, frames: readonly EncodedFrame[]) => void;
  armAlarm: (room: RoomCore) => void;
  activated: (room: RoomCore) => void;
}

/** The room of a symbol, with what its host has of it. */
export function loadRoom(loading: Loading, symbol: SymbolName): RoomCore {
  const { settings, shared } = loading;
  const log = new RoomLog(shared, shared.registry.find(symbol) ?? null);
  const ports = new PortsOfRoom(loading, symbol);
  const room = new RoomCore(symbol, log, settings, ports);
  ports.room = room;
  if (room.isActive) loading.activated(room);
  return room;
}

/**
 * What a host gives one of its rooms. A commit may make hundreds, and what they allocate is what the runtime's collector goes through
 * with everything else standing still: so a room has this one object, and what it asks Postgres and relays by is made where it asks.
 */
class PortsOfRoom implements RoomPorts {
  readonly #loading: Loading;
  readonly #symbol: SymbolName;
  /** Null while it is made. */
  room: RoomCore | null = null;
  #archive: RoomPorts["archive"] | null = null;
  #relays: RoomPorts["relays"] | null = null;
  #alerts: RoomPorts["alerts"] = null;

  constructor(loading: Loading, symbol: SymbolName) {
    this.#loading = loading;
    this.#symbol = symbol;
  }

  get sql() {
    return this.#loading.ports.sql;
  }
  get clock() {
    return this.#loading.ports.clock;
  }
  get random() {
    return this.#loading.ports.random;
  }
  get keepAwake() {
    return this.#loading.ports.keepAwake;
  }
  get logger() {
    return this.#loading.ports.logger;
  }
  get turns() {
    return this.#loading.turns;
  }
  get pages() {
    return this.#loading.pages;
  }
  get foldedPoints() {
    return this.#loading.foldedPoints;
  }
  get archive() {
    this.#archive ??= this.#loading.ports.archiveOf(this.#symbol);
    return this.#archive;
  }
  get alerts() {
    const { alerts } = this.#loading;
    if (!alerts.isWatched(this.#symbol)) return null;
    this.#alerts ??= alerts.ofRoom(this.#symbol);
    return this.#alerts;
  }
  rulesLearned() {
    return this.#loading.alerts.learned();
  }
  get relays() {
    this.#relays ??= this.#loading.feeds.ofRoom(this.#symbol);
    return this.#relays;
  }

  earlierPlace() {
    return this.#loading.symbols.earlierPlace(this.#symbol);
  }
  handedOverThrough() {
    return this.#loading.symbols.handedOverThrough(this.#symbol);
  }
  lookAtDatabase() {
    return this.#loading.outbox.lookAtDatabase();
  }
  mayStoreNow() {
    this.#loading.outbox.kick();
  }
  appendOwn(frames: readonly EncodedFrame[]) {
    if (this.room !== null) this.#loading.appendOwn(this.room, frames);
  }
  armAlarm() {
    if (this.room !== null) this.#loading.armAlarm(this.room);
  }
  activated() {
    if (this.room !== null) this.#loading.activated(this.room);
  }
}
