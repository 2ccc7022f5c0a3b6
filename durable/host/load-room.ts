import type { EncodedFrame } from "../../src/core/events/encode-events.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import { RoomLog, type SharedLog } from "../room/log/room-log.ts";
import type { ReadTurns } from "../room/past/read-turns.ts";
import { RoomCore } from "../room/room-core.ts";
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
  appendOwn: (room: RoomCore, frames: readonly EncodedFrame[]) => void;
  armAlarm: (room: RoomCore) => void;
  activated: (room: RoomCore) => void;
}

/** The room of a symbol, with what its host has of it. */
export function loadRoom(loading: Loading, symbol: SymbolName): RoomCore {
  const { ports, settings, shared, symbols, outbox, feeds, turns, pages } = loading;
  const { sql, clock, random, keepAwake, logger, archiveOf } = ports;
  const log = new RoomLog(shared, shared.registry.find(symbol) ?? null);
  let made: RoomCore | null = null;
  const room: RoomCore = new RoomCore(symbol, log, settings, {
    ...{ sql, clock, random, keepAwake, logger, turns, pages },
    archive: archiveOf(symbol),
    earlierPlace: () => symbols.earlierPlace(symbol),
    handedOverThrough: () => symbols.handedOverThrough(symbol),
    lookAtDatabase: () => outbox.lookAtDatabase(),
    mayStoreNow: () => outbox.kick(),
    appendOwn: (frames) => loading.appendOwn(room, frames),
    alerts: loading.alerts.ofRoom(symbol),
    relays: feeds.ofRoom(symbol),
    armAlarm: () => loading.armAlarm(room),
    activated: () => {
      if (made !== null) loading.activated(made);
    },
  });
  made = room;
  if (room.isActive) loading.activated(room);
  return room;
}
