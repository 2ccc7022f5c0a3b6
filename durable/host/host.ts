import type { AlertCatalog, HeldAlerts } from "../../src/bindings/alerts.ts";
import { breath } from "../../src/bindings/breath.ts";
import type { Env } from "../../src/bindings/env.ts";
import type {
  Acquaintance,
  HadPart,
  HandedOver,
  HeldPositions,
  HostBatch,
  HostCalls,
  HostFailure,
  HostOutcome,
  HostRefusal,
  IdempotentRequest,
  KeyClaim,
  PackedBatch,
  PollPage,
  Resend,
  RoomTail,
  TailFound,
} from "../../src/bindings/host.ts";
import {
  feedTo,
  firstDirectoryAt,
  firstRoomAt,
  hostAt,
  keeperAt,
  notifierAt,
  writerAt,
} from "../../src/bindings/objects.ts";
import type { RoomPage, StillWatched, WatchAnswer, WatchedRoom } from "../../src/bindings/relay.ts";
import { configOf } from "../../src/config.ts";
import { unpackRooms } from "../../src/core/events/packed-rooms.ts";
import { type HostName, hostOf, symbolOf } from "../../src/core/placement/placement.ts";
import type { RelayName } from "../../src/core/placement/relaying.ts";
import { writerShardOf } from "../../src/core/placement/writer-shard.ts";
import { readImportedPrices } from "../../src/db/bars/read-imported-prices.ts";
import { openDatabase } from "../../src/db/driver/database.ts";
import { findSymbolNames, readSymbolNames } from "../../src/db/events/read-symbol-names.ts";
import type { BookAnswer, SymbolSummary } from "../../src/protocol/answers/answers.ts";
import type { Bar } from "../../src/protocol/events/bar.ts";
import type { LogId } from "../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../src/protocol/words/time.ts";
import { databaseDisk } from "../../src/telemetry/database-disk.ts";
import { JoinedReads } from "../room/past/joined-reads.ts";
import { roomArchive } from "../room/past/postgres-archive.ts";
import { FAN_OUT_PACE } from "../room/viewers/fan-out-pace.ts";
import { MESSAGE_LIMITS } from "../room/viewers/messages/messages.ts";
import { WINDOW_BYTES } from "../room/viewers/window.ts";
import { turn } from "../turn.ts";
import { nameOf, type Platform, ViewerObject } from "../viewer-object/viewer-object.ts";
import { HostCore } from "./host-core.ts";
import type { HostPorts, HostSettings } from "./host-ports.ts";
import { KEEPING } from "./log/host-log.ts";
import { PART_LIMIT } from "./outbox/drain.ts";
import { pastByWriter } from "./past-by-writer.ts";
import { isFull, type RoomsPage, readRooms } from "./read-rooms.ts";
import { Registry } from "./registry.ts";
import type { FirstEdition } from "./symbols/earlier/first-edition-rooms.ts";

const DATABASE_TIMEOUT_MS = 10_000;

/** The Durable Object of the rooms that are placed on it: the platform around a `HostCore`, and no more. */
export class Host extends ViewerObject<HostCore> implements HostCalls {
  constructor(ctx: DurableObjectState, env: Env) {
    const pages = readRooms(ctx.storage.sql);
    const first = pages.next().value as RoomsPage;
    const config = configOf(env);
    const isMine = (symbol: SymbolName) => hostOf(symbol, config) === nameOf<HostName>(ctx);
    const registry = new Registry(ctx.storage.sql, isMine, [first]);
    const readOn = async () => {
      for (const page of pages) {
        registry.hold(page);
        await breath.pause();
      }
    };
    const begin = (platform: Platform) => {
      const settings: HostSettings = {
        ...{ limits: platform.config, keeping: KEEPING, partLimit: PART_LIMIT },
        ...{ windowBytes: WINDOW_BYTES, messageLimits: MESSAGE_LIMITS, pace: FAN_OUT_PACE },
      };
      return new HostCore(settings, { ...portsOf(platform), registry }, platform.asleep);
    };
    super(ctx, env, "host", begin, isFull(first) ? readOn : null);
  }

  append(
    batch: HostBatch,
    more?: readonly HostBatch[],
  ): Promise<HostOutcome | (HostOutcome | HostFailure)[]> {
    return more === undefined ? this.core.append(batch) : this.#appendEach([batch, ...more]);
  }

  appendPacked(batches: readonly PackedBatch[]): Promise<(HostOutcome | HostFailure)[]> {
    return this.#appendEach(
      batches.map((batch) => ({ ...batch, rooms: unpackRooms(batch.rooms) })),
    );
  }

  #appendEach(batches: readonly HostBatch[]): Promise<(HostOutcome | HostFailure)[]> {
    const failed = (error: unknown): HostFailure => ({ kind: "failed", error });
    return Promise.all(batches.map((one) => this.core.append(one).catch(failed)));
  }

  admits(batch: HostBatch): Promise<HostRefusal | null> {
    return this.core.admits(batch);
  }

  async hadParts(
    request: IdempotentRequest,
    symbols: readonly SymbolName[],
    places?: true,
  ): Promise<HadPart[]> {
    const parts = this.core.hadParts(request, symbols);
    return places ? parts : parts.map((part) => (typeof part === "object" ? "same" : part));
  }

  async claim(request: IdempotentRequest): Promise<KeyClaim> {
    return this.core.claim(request);
  }

  untilStored(
    cursor: Cursor,
    timeoutMs: number,
    mayBeElsewhere?: readonly SymbolName[],
  ): Promise<boolean> {
    return this.core.untilStored(cursor, timeoutMs, mayBeElsewhere);
  }

  poll(
    symbol: SymbolName,
    since: Cursor | null,
    limit: number,
    waitMs: number,
    log: LogId | null,
  ): Promise<PollPage> {
    return this.core.poll(symbol, since, limit, waitMs, log);
  }

  readTail(symbol: SymbolName, maxEvents: number): Promise<RoomTail> {
    return this.core.readTail(symbol, maxEvents);
  }

  async searchTail(text: string): Promise<TailFound> {
    return this.core.searchTail(text);
  }

  positions(symbol: SymbolName): Promise<HeldPositions | null> {
    return this.core.positions(symbol);
  }

  book(symbol: SymbolName, levels: number): Promise<BookAnswer | null> {
    return this.core.book(symbol, levels);
  }

  list(): Promise<{ symbols: SymbolSummary[]; complete: boolean }> {
    return this.core.list();
  }

  activeAlerts(symbol: SymbolName | null): Promise<HeldAlerts> {
    return this.core.activeAlerts(symbol);
  }

  async takeRules(catalog: AlertCatalog): Promise<void> {
    this.core.takeRules(catalog);
  }

  async know(symbols: readonly SymbolName[], news?: "bars"): Promise<void> {
    this.core.know(symbols, news);
  }

  acquaintance(symbols: readonly SymbolName[]): Promise<Acquaintance> {
    return this.core.acquaintance(symbols);
  }

  async meetDatabase(identity: string): Promise<Resend> {
    return this.core.meetDatabase(identity);
  }

  async namesAfter(name: SymbolName | "", most: number): Promise<SymbolName[]> {
    return this.core.namesAfter(name, most);
  }

  handOver(symbol: SymbolName, before: number, isYours: boolean): Promise<HandedOver> {
    return this.core.handOver(symbol, before, isYours);
  }

  async rearm(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.alarm();
  }

  async sayGoodbye(): Promise<void> {
    this.core.sayGoodbye();
  }

  watch(relay: RelayName, room: WatchedRoom): Promise<WatchAnswer> {
    return this.core.feeding.watch(relay, room);
  }

  async unwatch(relay: RelayName, symbols: readonly SymbolName[]): Promise<void> {
    this.core.feeding.unwatch(relay, symbols);
  }

  watchNames(relay: RelayName): Promise<void> {
    return this.core.feeding.watchNames(relay);
  }

  async stillWatches(relay: RelayName, rooms: readonly WatchedRoom[]): Promise<StillWatched> {
    return this.core.feeding.stillWatches(relay, rooms);
  }

  readPage(symbol: SymbolName, after: Cursor, upTo: Cursor): Promise<RoomPage> {
    return this.core.feeding.readPage(symbol, after, upTo);
  }

  readMinute(symbol: SymbolName, minuteUs: EpochUs, through: Cursor): Promise<Bar | null> {
    return this.core.feeding.readMinute(symbol, minuteUs, through);
  }
}

function portsOf({ ctx, env, config, logger, ports }: Platform): HostPorts {
  const name = nameOf<HostName>(ctx);
  const database = openDatabase({
    url: config.DATABASE_URL,
    endpoint: config.DATABASE_ENDPOINT,
    timeoutMs: DATABASE_TIMEOUT_MS,
  });
  const shard = writerShardOf(name, config.WRITER_SHARDS);
  const writer = () => writerAt(env, shard);
  const keeper = () => keeperAt(env);
  const other = (host: HostName) => hostAt(env, host);
  const joined = new JoinedReads(database);
  const direct: Pick<HostPorts, "names" | "archiveOf"> = {
    archiveOf: (symbol) => roomArchive(database, joined, logger, symbol),
    names: {
      readStored: () => readSymbolNames(database),
      find: (symbols) => findSymbolNames(database, symbols),
      readPrices: (symbols) => readImportedPrices(database, symbols),
    },
  };
  return {
    ...{ ...ports, name },
    // Of hosts that symbols share there are few, and each asks for all of its symbols together.
    ...(symbolOf(name) === null ? direct : pastByWriter(writer, direct)),
    newId: () => crypto.randomUUID(),
    turn,
    breathe: () => breath.take(),
    writer: {
      store: async (request) => {
        const outcome = await writer().store(request);
        databaseDisk.heard(outcome, Date.now());
        return outcome;
      },
      identity: () => writer().identity(),
    },
    keeper: {
      announce: (host, placement) => keeper().announce(host, placement),
      ownHostsAfter: (host, most) => keeper().ownHostsAfter(host, most),
      alertRules: (host) => keeper().alertRules(host),
    },
    notify: (notices) => notifierAt(env).notify(notices),
    relays: { feed: (relay, feed) => feedTo(env, relay, feed) },
    others: {
      namesAfter: (host, after, most) => other(host).namesAfter(after, most),
      handOver: (host, symbol, before, isYours) => other(host).handOver(symbol, before, isYours),
      hadParts: (host, request, symbols) => other(host).hadParts(request, symbols, true),
    },
    firstEdition: config.FIRST_EDITION ? firstEditionOf(env) : null,
    restart: (why) => ctx.abort(why),
  };
}

function firstEditionOf(env: Env): FirstEdition {
  const room = (symbol: SymbolName) => firstRoomAt(env, symbol);
  const directory = () => firstDirectoryAt(env);
  return {
    namesAfter: (name, most) => directory().namesAfter(name, most),
    handOver: (symbol) => room(symbol).handOver(symbol),
    keysAfter: (symbol, key, most) => room(symbol).keysAfter(key, most),
    letGo: (symbol) => room(symbol).letGo(),
  };
}
