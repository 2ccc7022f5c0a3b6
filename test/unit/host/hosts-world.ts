import { Registry } from "../../../durable/host/registry.ts";
import { handOver } from "../../../durable/host/symbols/hand-over.ts";
import { HostMeta } from "../../../durable/host/symbols/host-meta.ts";
import { HostSymbols } from "../../../durable/host/symbols/host-symbols.ts";
import { type FirstEdition, Predecessors } from "../../../durable/host/symbols/predecessors.ts";
import { Placements } from "../../../durable/keeper/placements.ts";
import type { SqlPort } from "../../../durable/room/sql-port.ts";
import type { RememberedKey } from "../../../src/bindings/first-edition.ts";
import type { HandedOver } from "../../../src/bindings/host.ts";
import { type HostName, hostOf, type Placement } from "../../../src/core/placement.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { Cursor } from "../../../src/protocol/time.ts";
import { memorySql } from "../room/sqlite-port.ts";

export const shared = (hosts: number, ...dedicated: string[]): Placement => ({
  ROOM_HOSTS: hosts,
  ROOM_DEDICATED: dedicated,
});

/** What is on a disk: it outlives the objects over it. */
interface Disk {
  sql: SqlPort;
  log: { symbol: SymbolName; cursor: Cursor; text: string; isStored: boolean }[];
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
    this.registry = new Registry(disk.sql);
    const meta = new HostMeta(disk.sql);
    const nowMs = () => world.now;
    const failed = (event: string) => void this.failures.push(event);
    this.#predecessors = new Predecessors({
      ...{ host: name, placement: this.#placement, meta, nowMs, failed },
      nowCursor: () => world.now as Cursor,
      isUsed: () => this.registry.size > 0,
      keeper: {
        announce: async (host, placement) => world.announce(host, placement),
        ownHostsAfter: async (host, most) => world.placements.ownHostsAfter(host, most),
      },
      others: {
        namesAfter: async (host, after, most) => world.reach(host).symbols.namesAfter(after, most),
        handOver: async (host, symbol, before) => world.reach(host).handOver(symbol, before),
      },
      firstEdition: world.firstEdition,
      rememberKeys: (_, keys) => {
        for (const key of keys) world.keys.set(key.key, key);
      },
    });
    this.symbols = new HostSymbols({
      ...{ registry: this.registry, meta, predecessors: this.#predecessors, nowMs, failed },
      isMine: (symbol) => hostOf(symbol, this.#placement) === name,
      bornNow: () => world.now as Cursor,
      readStored: async () => world.readStored(),
      find: async (symbols) => {
        this.lookups += 1;
        const stored = new Set(world.readStored());
        return symbols.filter((symbol) => stored.has(symbol));
      },
      readPrices: async () => new Map(),
      newRoomsPerMinute: 5,
      pause: async () => {
        this.pauses += 1;
      },
      keepAwake: (work) => void this.work.push(work),
    });
  }

  get log() {
    return this.#disk.log;
  }

  push(symbol: SymbolName, text: string): "appended" | "moved" {
    if (hostOf(symbol, this.#placement) !== this.#name) return "moved";
    const record = this.symbols.roomFor(symbol);
    if (record.isSealed) return "moved";
    this.log.push({ symbol, cursor: this.#world.tick(), text, isStored: false });
    return "appended";
  }

  handOver(symbol: SymbolName, before: number): Promise<HandedOver> {
    const deps = {
      ...{ registry: this.registry, predecessors: this.#predecessors },
      isMine: (one: SymbolName) => hostOf(one, this.#placement) === this.#name,
      bornNow: () => this.#world.now as Cursor,
      headOf: () => this.log.findLast((row) => row.symbol === symbol)?.cursor ?? (0 as Cursor),
      untilStored: async (cursor: Cursor) => {
        await this.drain();
        return this.log.every((row) => row.cursor > cursor || row.isStored);
      },
      closeViewers: () => void this.closed.push(symbol),
    };
    return handOver(deps, symbol, before);
  }

  bringKeys(symbols: readonly SymbolName[]): Promise<void> | null {
    return this.#predecessors.bringKeys(symbols);
  }

  /** Stores the log in order, as far as rooms know their place. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = null;
    });
    return this.#draining;
  }

  async #drain(): Promise<void> {
    for (const row of this.log) {
      if (row.isStored) continue;
      const record = this.registry.find(row.symbol);
      if (record?.pending === "place" && row.cursor > record.before) {
        if ((await this.symbols.earlierPlace(row.symbol)) === "unsure") return;
        record.pending = null;
        this.registry.save(record);
      }
      if (this.#world.isPostgresAway) return;
      const frames = this.#world.stored.get(row.symbol) ?? new Map<Cursor, string>();
      this.#world.stored.set(row.symbol, frames.set(row.cursor, row.text));
      row.isStored = true;
    }
  }
}
