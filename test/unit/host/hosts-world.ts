import type { RoomId } from "../../../durable/host/log/host-log.ts";
import { Registry } from "../../../durable/host/registry.ts";
import type { RoomRecord } from "../../../durable/host/room-record.ts";
import type { FirstEdition } from "../../../durable/host/symbols/earlier/first-edition-rooms.ts";
import { handOver } from "../../../durable/host/symbols/earlier/hand-over.ts";
import { Predecessors } from "../../../durable/host/symbols/earlier/predecessors.ts";
import { HostMeta } from "../../../durable/host/symbols/host-meta.ts";
import { HostSymbols } from "../../../durable/host/symbols/host-symbols.ts";
import { Placements } from "../../../durable/keeper/placements.ts";
import type { SqlPort } from "../../../durable/room/sql-port.ts";
import type { RememberedKey } from "../../../src/bindings/first-edition.ts";
import type { HandedOver, IdempotentRequest } from "../../../src/bindings/host.ts";
import { type HostName, hostOf, type Placement } from "../../../src/core/placement/placement.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { memorySql } from "../room/sqlite-port.ts";

export const shared = (hosts: number, ...dedicated: string[]): Placement => ({
  ROOM_HOSTS: hosts,
  ROOM_DEDICATED: dedicated,
});

interface Row {
  room: RoomId;
  symbol: SymbolName;
  cursor: Cursor;
  text: string;
  isStored: boolean;
}

/** What is on a disk: it outlives the objects over it. */
interface Disk {
  sql: SqlPort;
  log: Row[];
}

/** Hosts over disks, the Keeper, and a Postgres that may be away. A host here is its symbols and the barest log. */
export class HostsWorld {
  placement: Placement;
  now = 1_000;
  isPostgresAway = false;
  isKeeperAway = false;
  /** Hosts that cannot be reached. */
  readonly dead = new Set<HostName>();
  readonly stored = new Map<SymbolName, Map<Cursor, string>>();
  /** Symbols that Postgres knows without an event, as where bars were posted. */
  readonly named = new Set<SymbolName>();
  readonly placements = new Placements(memorySql());
  firstEdition: FirstEdition | null = null;
  readonly keys = new Map<string, RememberedKey>();
  /** What was stored under a cursor that Postgres was past already. */
  readonly disorder: unknown[] = [];
  readonly #disks = new Map<HostName, Disk>();
  #hosts = new Map<HostName, WorldHost>();

  constructor(placement: Placement) {
    this.placement = placement;
  }

  /** Every object ends, and begins anew with these settings when it is asked for. */
  restart(placement: Placement = this.placement): void {
    this.placement = placement;
    this.#hosts = new Map();
  }

  host(name: HostName): WorldHost {
    let host = this.#hosts.get(name);
    if (host === undefined) {
      const disk = this.#disks.get(name) ?? { sql: memorySql(), log: [] };
      this.#disks.set(name, disk);
      host = new WorldHost(this, name, disk);
      this.#hosts.set(name, host);
    }
    return host;
  }

  reach(name: HostName): WorldHost {
    if (this.dead.has(name)) throw new Error(`${name} cannot be reached`);
    return this.host(name);
  }

  hostOf(symbol: SymbolName): WorldHost {
    return this.host(hostOf(symbol, this.placement));
  }

  names(): HostName[] {
    return [...this.#disks.keys()];
  }

  tick(): Cursor {
    this.now += 1;
    return this.now as Cursor;
  }

  readStored(): SymbolName[] {
    if (this.isPostgresAway) throw new Error("Postgres is away");
    return [...new Set([...this.stored.keys(), ...this.named])];
  }

  textsOf(symbol: SymbolName): string[] {
    const frames = [...(this.stored.get(symbol) ?? [])].sort(([a], [b]) => a - b);
    return frames.map(([, text]) => text);
  }

  announce(host: HostName | null, placement: Placement) {
    if (this.isKeeperAway) throw new Error("the Keeper is away");
    return this.placements.announce(host, placement);
  }
}

export class WorldHost {
  readonly registry: Registry;
  readonly symbols: HostSymbols;
  readonly closed: SymbolName[] = [];
  readonly failures: string[] = [];
  readonly work: Promise<unknown>[] = [];
  lookups = 0;
  pauses = 0;
  readonly #world: HostsWorld;
  readonly #placement: Placement;
  readonly #name: HostName;
  readonly #disk: Disk;
  readonly #predecessors: Predecessors;
  #draining: Promise<void> | null = null;

  constructor(world: HostsWorld, name: HostName, disk: Disk) {
    this.#world = world;
    this.#placement = world.placement;
    this.#name = name;
    this.#disk = disk;
    const isMine = (symbol: SymbolName) => hostOf(symbol, this.#placement) === name;
    this.registry = new Registry(disk.sql, isMine);
    const meta = new HostMeta(disk.sql);
    const nowMs = () => world.now;
    const failed = (event: string) => void this.failures.push(event);
    this.#predecessors = new Predecessors({
      ...{ host: name, placement: this.#placement, meta, nowMs, failed },
      isUsed: () => this.registry.size > 0,
      head: () => world.now as Cursor,
      keeper: {
        announce: async (host, placement) => world.announce(host, placement),
        ownHostsAfter: async (host, most) => world.placements.ownHostsAfter(host, most),
      },
      others: {
        namesAfter: async (host, after, most) => world.reach(host).symbols.namesAfter(after, most),
        handOver: async (host, symbol, before, isYours) =>
          world.reach(host).handOver(symbol, before, isYours),
        hadParts: async (host, _, symbols) => {
          world.reach(host);
          return symbols.map(() => "no");
        },
      },
      firstEdition: world.firstEdition,
      rememberKeys: (_, keys) => {
        for (const key of keys) world.keys.set(key.key, key);
      },
    });
    this.symbols = new HostSymbols({
      ...{ registry: this.registry, meta, predecessors: this.#predecessors, nowMs, failed },
      isMine,
      leaveRoom: () => undefined,
      hasFrames: ({ id }) => this.#headOf([id]) > 0,
      bornNow: () => world.now as Cursor,
      readStored: async () => world.readStored(),
      find: async (symbols) => {
        this.lookups += 1;
        const stored = new Set(world.readStored());
        return symbols.filter((symbol) => stored.has(symbol));
      },
      readPrices: async () => new Map(),
      isRestStored: (symbol) => this.#untilStored(this.#headOf(this.registry.formerOf(symbol))),
      newRoomsPerMinute: 5,
      met: () => undefined,
      born: () => undefined,
      pause: async () => {
        this.pauses += 1;
      },
      keepAwake: (work) => void this.work.push(work),
    });
    this.symbols.begin();
  }

  get log() {
    return this.#disk.log;
  }

  push(symbol: SymbolName, text: string): "appended" | "moved" {
    if (hostOf(symbol, this.#placement) !== this.#name) return "moved";
    const record = this.symbols.roomFor(symbol);
    if (record.isSealed) return "moved";
    const row = { symbol, cursor: this.#world.tick(), text, isStored: false };
    this.log.push({ room: record.id, ...row });
    return "appended";
  }

  handOver(symbol: SymbolName, before: number, isYours = false): Promise<HandedOver> {
    const deps = {
      ...{
        registry: this.registry,
        predecessors: this.#predecessors,
        logId: this.#name as string as LogId,
      },
      isMine: (one: SymbolName) => hostOf(one, this.#placement) === this.#name,
      bornNow: () => this.#world.now as Cursor,
      headOf: (rooms: readonly RoomId[]) => this.#headOf(rooms),
      untilStored: (cursor: Cursor) => this.#untilStored(cursor),
      comesBack: (record: RoomRecord, number: number) => this.symbols.comesBack(record, number),
      isKnown: async () => true,
      left: () => undefined,
      dismiss: () => {
        if (!this.closed.includes(symbol)) this.closed.push(symbol);
      },
    };
    return handOver(deps, symbol, before, isYours);
  }

  #headOf(rooms: readonly RoomId[]): Cursor {
    return this.log.findLast(({ room }) => rooms.includes(room))?.cursor ?? (0 as Cursor);
  }

  async #untilStored(cursor: Cursor): Promise<boolean> {
    // Else it would wait for who waits for it: the real one gives up after a while.
    if (this.#draining === null) await this.drain();
    return this.log.every((row) => row.cursor > cursor || row.isStored);
  }

  bringKeys(symbols: readonly SymbolName[]): Promise<void> | null {
    return this.#predecessors.firstEdition.bringKeys(symbols);
  }

  hadElsewhere(request: IdempotentRequest, symbols: readonly SymbolName[]) {
    return this.#predecessors.hadElsewhere(request, symbols);
  }

  /** Stores the log in order, as far as rooms know their place. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = null;
    });
    return this.#draining;
  }

  async #drain(): Promise<void> {
    for (;;) {
      const row = this.log.find(({ isStored }) => !isStored);
      if (row === undefined) return;
      const record = this.registry.byId(row.room);
      if (record.pending === "place") {
        const place = await this.symbols.earlierPlace(row.symbol);
        if (place === "unsure" || place === "awaited") return;
        record.pending = null;
        this.registry.save(record);
        this.#moveBehindPostgres(record);
        continue;
      }
      if (this.#world.isPostgresAway) return;
      const frames = this.#world.stored.get(row.symbol) ?? new Map<Cursor, string>();
      if ([...frames.keys()].some((cursor) => cursor > row.cursor)) this.#world.disorder.push(row);
      this.#world.stored.set(row.symbol, frames.set(row.cursor, row.text));
      row.isStored = true;
    }
  }

  /** What has a cursor that Postgres is past is appended anew. */
  #moveBehindPostgres({ id, symbol }: RoomRecord): void {
    const newest = Math.max(0, ...(this.#world.stored.get(symbol)?.keys() ?? []));
    const rows = this.log.filter(({ room }) => room === id);
    if (!rows.some(({ cursor }) => cursor <= newest)) return;
    for (const row of rows) {
      this.log.splice(this.log.indexOf(row), 1);
      this.log.push({ ...row, cursor: this.#world.tick() });
    }
  }
}
