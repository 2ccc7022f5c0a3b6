import { objectFailureOf } from "../../src/core/limits/object-failure.ts";
import { isStorageFull } from "../../src/core/limits/storage-watch.ts";
import { hostOf, isHostOf, symbolOf } from "../../src/core/placement/placement.ts";
import { failureOf, lineOf } from "../../src/db/driver/database-error.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import { createAlertsTable } from "../room/alerts/room-alerts.ts";
import { createSeriesTable } from "../room/append/series-limit.ts";
import { createArchiveTable } from "../room/past/archive-reads.ts";
import { PAGES_AT_ONCE, ReadTurns } from "../room/past/read-turns.ts";
import { createDoubtsTable } from "../room/state/doubtful-hours.ts";
import { FoldedPoints } from "../room/state/folded-points.ts";
import { createStateTables } from "../room/state/room-state.ts";
import { PingWatch } from "../room/viewers/door/ping-watch.ts";
import { PAGES_CHARS, PageMemory } from "../room/viewers/replay-pages.ts";
import { AlertFollowing } from "./alerts/alert-following.ts";
import { AlertNotices } from "./alerts/alert-notices.ts";
import { HostAlerts } from "./alerts/host-alerts.ts";
import { HostAppend } from "./append/host-append.ts";
import { KnownRequests } from "./append/known-requests.ts";
import { TradeWindows } from "./append/trade-windows.ts";
import { trimWindows } from "./append/trim-windows.ts";
import { CatchUp } from "./catch-up.ts";
import { FanOut } from "./fan-out.ts";
import { Feeding } from "./feeds/feeding.ts";
import { Feeds } from "./feeds/feeds.ts";
import { Folding } from "./folding.ts";
import { HostAlarm } from "./host-alarm.ts";
import type { HostPorts, HostSettings } from "./host-ports.ts";
import { HostRooms } from "./host-rooms.ts";
import { loadRoom } from "./load-room.ts";
import { LoadedRooms } from "./loaded-rooms.ts";
import { FormerLogs, rememberingLogs } from "./log/former-logs.ts";
import { HostLog } from "./log/host-log.ts";
import { isFull } from "./outbox/is-full.ts";
import { Outbox } from "./outbox/outbox.ts";
import { Pruning } from "./pruning.ts";
import { Registry } from "./registry.ts";
import { FirstEditionKeys } from "./symbols/earlier/first-edition-keys.ts";
import { Predecessors } from "./symbols/earlier/predecessors.ts";
import { HostMeta } from "./symbols/host-meta.ts";
import { HostSymbols } from "./symbols/host-symbols.ts";

/** What former rooms of a symbol have must be in Postgres before it has a place: whoever asks waits so long, in ms. */
const STORED_WITHIN_MS = 5_000;

/** What a host is made of. */
export interface HostParts {
  log: HostLog;
  registry: Registry;
  predecessors: Predecessors;
  symbols: HostSymbols;
  loaded: LoadedRooms;
  rooms: HostRooms;
  outbox: Outbox;
  append: HostAppend;
  feeds: Feeds;
  feeding: Feeding;
  catchUp: CatchUp;
  alerts: HostAlerts;
  alarm: HostAlarm;
  /** Is the symbol on this host, by the settings it has? */
  isMine(symbol: SymbolName): boolean;
  /** It may be waited for, whether or not Postgres can be asked, but for a host that does not know yet what was before it. */
  mayKnow(symbol: SymbolName): Promise<boolean>;
}

/** Puts the parts of a host together over its ports. None of them does anything yet. */
export function composeHost(settings: HostSettings, ports: HostPorts): HostParts {
  const { sql, clock, random, keepAwake, logger, name } = ports;
  const { limits, keeping, pace, partLimit } = settings;
  const { nowMs, wait } = clock;
  const own = symbolOf(name);
  const isMine = (symbol: SymbolName) => hostOf(symbol, limits) === name;
  const failed = (event: string, error: unknown) => tellFailure(ports, event, error);
  const warn = (event: string, error: unknown) =>
    logger.warn(event, { host: name, detail: String(error) });
  createStateTables(sql);
  createSeriesTable(sql);
  createArchiveTable(sql);
  createDoubtsTable(sql);
  createAlertsTable(sql);
  const log = new HostLog(sql, clock.nowUs(), ports.newId, keeping);
  const former = new FormerLogs(sql);
  const turns = new ReadTurns(PAGES_AT_ONCE);
  const pages = new PageMemory(PAGES_CHARS);
  const foldedPoints = new FoldedPoints();
  const registry = ports.registry ?? new Registry(sql, isMine);
  const meta = new HostMeta(sql);
  const firstKeys = new FirstEditionKeys(sql);
  const predecessors: Predecessors = new Predecessors({
    ...{ host: name, placement: limits, meta, nowMs },
    isUsed: () => registry.size > 0,
    head: () => log.head,
    ...{ keeper: ports.keeper, firstEdition: ports.firstEdition },
    others: rememberingLogs(ports.others, former),
    rememberKeys: (symbol, keys) => firstKeys.remember(symbol, keys),
    failed,
  });
  const known = new KnownRequests({
    ...{ log, predecessors, firstKeys, nowUs: clock.nowUs },
    roomsOf: (symbol) => rooms.idsOf(symbol),
    headOf: (symbol) => rooms.of(symbol).log.head,
  });
  const symbols: HostSymbols = new HostSymbols({
    ...{ registry, meta, predecessors, nowMs },
    isMine,
    leaveRoom: ({ symbol }) => {
      rooms.of(symbol).dismiss();
      loaded.drop(symbol);
    },
    hasFrames: ({ id }) => rooms.headOf([id]) > 0,
    bornNow: () => log.head,
    ...ports.names,
    // A host of one symbol need not read the names of all.
    ...(own !== null && { readStored: () => ports.names.find([own]) }),
    newRoomsPerMinute: limits.LIMIT_NEW_ROOMS,
    isRestStored: (symbol) =>
      outbox.untilStored(rooms.headOf(registry.formerOf(symbol)), STORED_WITHIN_MS),
    met: (some) => alerts.met(some),
    born: (some) => feeds.born(some),
    pause: () => wait(0),
    keepAwake: (work) => keepAwake(work.then(() => undefined)),
    failed,
  });
  const mayKnow = async (symbol: SymbolName) => symbols.isKnown(symbol) || (await symbols.learn());
  const feeds: Feeds = new Feeds({
    ...{ sql, log: log.id, clock, random, keepAwake, logger },
    logOf: (symbol) => {
      const room = rooms.of(symbol);
      return room.log.isPlaced ? room.log : null;
    },
    feed: (relay, feed) => ports.relays.feed(relay, feed),
  });
  const feeding = new Feeding({
    ...{ log: log.id, formerLogs: () => former.all, feeds },
    mayKnow,
    learn: () => symbols.learn(),
    roomOf: (symbol) => rooms.of(symbol),
    viewersHere: (symbol) => loaded.find(symbol)?.viewers ?? 0,
    armAlarm: (room) => alarm.arm([room]),
  });
  const notices = new AlertNotices({
    ...{ sql, keepAwake, nowMs, logger, notify: ports.notify },
    failed: (error) => warn("alerts_not_told", error),
  });
  const alerts: HostAlerts = new HostAlerts({
    ...{ host: name, sql, meta, registry, notices, keepAwake, nowMs },
    roomOf: (symbol) => rooms.of(symbol),
    prepare: async (records) => {
      await catchUp.run(records);
      await following.read(records);
    },
    causeOf: (symbol) => append.causeOf(symbol),
    ...{ newId: ports.newId, followed: (id) => outbox.remember(id) },
    askRules: () => ports.keeper.alertRules(name),
    names: {
      isLearned: () => symbols.isSettled,
      learn: () => {
        if (!symbols.isSettled) keepAwake(symbols.lookAfter());
      },
    },
    wait,
    armAlarm: () => alarm.arm(),
    failed: (error) => warn("alert_rules_not_learned", error),
  });
  const load = (symbol: SymbolName) =>
    loadRoom(
      {
        ...{ ports, settings, symbols, outbox, feeds, alerts },
        shared: { log, registry, held: outbox.held, former },
        ...{ turns, pages, foldedPoints },
        appendOwn: (room, frames) => append.appendOwn(room, frames),
        armAlarm: (room) => alarm.arm([room]),
        activated: (room) => loaded.activated(room),
      },
      symbol,
    );
  const loaded: LoadedRooms = new LoadedRooms(load, nowMs, () => wait(0));
  const outbox: Outbox = new Outbox({
    ...{ host: name, sql, log, partLimit, clock, random, keepAwake, logger },
    writer: ports.writer,
    symbolOf: (room) => registry.byId(room).symbol,
    storable: (room) => rooms.storable(room),
    roomsHeld: () => registry.size,
    roomsHere: () => registry.here,
    isLeftOut: !isHostOf(name, limits),
    lostThrough: () => rooms.lostThrough,
    mustStoreAgain: () => {
      outbox.kick();
      alarm.arm();
    },
    onStored: () => pruning.kick(),
  });
  const rooms: HostRooms = new HostRooms({ registry, log, loaded, held: outbox.held });
  const pause = () => wait(0);
  const catchUp: CatchUp = new CatchUp({ log, roomOf: ({ symbol }) => rooms.of(symbol), pause });
  const following: AlertFollowing = new AlertFollowing({
    ...{ log, pause },
    find: (symbol) => {
      const record = registry.find(symbol);
      return record === undefined || record.isSealed ? null : record;
    },
    roomOf: (symbol) => rooms.of(symbol),
    hasRules: () => alerts.hasRules,
  });
  const pruning = new Pruning({
    ...{ log, catchUp, following, pause, keepAwake },
    recordOf: (room) => registry.byId(room),
    mayDrop: (through) => rooms.mayDrop(through),
    hasTraded: (room) => rooms.hasTraded(room),
    keepBeforeDrop: (room, through, trades) => rooms.keepBeforeDrop(room, through, trades),
    keptAfterAll: (...kept) => registry.noteKept(...kept),
  });
  const trimTrades = () => trimWindows(loaded.tradeWindows());
  const folding = new Folding({
    ...{ log, catchUp, keepAwake, trimTrades },
    records: () => registry.all(),
    failed: (error) => failed("folding_failed", error),
  });
  const windows = new TradeWindows({
    ...{ log, pause },
    made: trimTrades,
    roomOf: (symbol) => {
      const record = registry.find(symbol);
      return record === undefined || record.isSealed ? null : rooms.of(symbol);
    },
  });
  const append: HostAppend = new HostAppend({
    ...{ log, known, windows, following, symbols, ports },
    roomOf: (symbol) => rooms.of(symbol),
    isLoaded: (symbol) => loaded.find(symbol) !== undefined,
    hasMoved: (symbol) => {
      if (!isMine(symbol)) return true;
      const isSealed = registry.find(symbol)?.isSealed === true;
      // It may be claimed back.
      return isSealed && symbols.roomFor(symbol).isSealed;
    },
    isFull: (some) => isFull(outbox, registry, some, limits.LIMIT_OUTBOX_BYTES),
    taken: (correlationId) => outbox.remember(correlationId),
    published: (grown) => {
      fanOut.published(grown);
      outbox.kick();
      folding.kick();
      notices.send();
      alarm.arm(grown);
    },
  });
  const fanOut = new FanOut({ pace, nowMs, wait, keepAwake });
  const pings = new PingWatch({
    setAutoResponse: (isOn) => ports.setAutoResponse(isOn),
    ...{ nowMs, wait, keepAwake },
  });
  const alarm: HostAlarm = new HostAlarm({
    ...{
      ports,
      log,
      registry,
      symbols,
      rooms: loaded,
      outbox,
      pruning,
      catchUp,
      firstKeys,
      pings,
      notices,
    },
  });
  return {
    ...{ log, registry, predecessors, symbols, loaded, rooms, outbox, append, feeds, feeding },
    ...{ catchUp, alerts, alarm, isMine, mayKnow },
  };
}

/** @throws a bug, to whoever asked; of what is away or begins anew things are unknown for now. */
function tellFailure({ name, logger }: HostPorts, event: string, error: unknown): void {
  const { level, fields } = lineOf(error);
  logger[level](event, { host: name, ...fields });
  if (failureOf(error) === null && !isPassing(error)) throw error;
}

/** An object that began anew, or has no room to write, is no bug: it goes on by itself. */
function isPassing(error: unknown): boolean {
  return isStorageFull(error) || objectFailureOf(error) !== null;
}
