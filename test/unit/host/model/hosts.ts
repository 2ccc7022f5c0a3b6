import { expect } from "vitest";
import { Placements } from "../../../../durable/keeper/placements.ts";
import { type HostName, hostOf, type Placement } from "../../../../src/core/placement/placement.ts";
import {
  partsOfRelay,
  type RelayName,
  streamsOfRelay,
} from "../../../../src/core/placement/relaying.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { RelayWorld, Wire } from "../../relay/relay-world.ts";
import { FakeTime, settle } from "../../room/fake-time.ts";
import { memorySql } from "../../room/sqlite-port.ts";
import { FakePostgres, type StoredRow } from "../fake-postgres.ts";
import { HostWorld } from "../host-world.ts";
import { earlierLife } from "../log/earlier-life-rows.ts";
import { ModelAlerts } from "./alerts.ts";
import { DiskCheck } from "./disk-check.ts";
import { type KeyedRequest, ModelProducer } from "./producer.ts";
import { ModelRoom } from "./room.ts";
import { type Seat, Seats } from "./seats.ts";
import { NO_STREAMS, type StreamOfModel, type StreamsOfModel } from "./streams.ts";
import type { ModelViewer } from "./viewer.ts";

const ARCHIVE_PAGE_EVENTS = 90;
/** A host that has nothing else to do sleeps after so long, in ms. */
const QUIET_MS = 1_000;
/** Whoever asked Postgres in vain asks again after so long, in ms. */
const AWAY_FELT_MS = 1_000;

/** Pushed often; pushed rarely, and waited for; and one with a past, whose clock was ahead. */
export const SYMBOLS = ["BTC-USD", "ETH-USD", "SOL-USD"] as unknown as readonly [
  SymbolName,
  SymbolName,
  SymbolName,
];
const [, , MOVED] = SYMBOLS;

/**
 * Hosts and relays over fakes, and what happens to them: time, sleep, death, other settings, a database that goes. What users do with
 * them is in `requests.ts`, `viewing.ts` and `reads.ts`; what must be true is in the rooms, the viewers and `DiskCheck`.
 */
export class ModelHosts {
  readonly time = new FakeTime();
  readonly postgres = new FakePostgres(ARCHIVE_PAGE_EVENTS);
  readonly producer = new ModelProducer(this.time.nowMs);
  readonly seats = new Seats();
  readonly alerts = new ModelAlerts();
  /** What becomes of feeds on their way. */
  readonly wire = new Wire(this.time);
  /** Requests with a key, which may be sent again. */
  readonly keyed: KeyedRequest[] = [];
  placement: Placement;
  readonly #rooms = new Map<SymbolName, ModelRoom>();
  readonly disks = new DiskCheck(this.#rooms);
  readonly #hosts = new Map<HostName, HostWorld>();
  readonly #relays = new Map<RelayName, RelayWorld>();
  /** Of which stream the nth viewer watches a room; null: of none. */
  streamOf: (nth: number) => StreamOfModel | null = () => null;
  streams: StreamsOfModel = NO_STREAMS;
  readonly #relayOf: (nth: number, host: HostName) => RelayName | null;
  /** What the Keeper remembers. */
  readonly #placements = new Placements(memorySql());
  #awayUntilMs = Number.NEGATIVE_INFINITY;

  /** `relayOf`: by way of which relay the nth viewer comes; null: it comes to the host. */
  constructor(
    placement: Placement,
    relayOf: (nth: number, host: HostName) => RelayName | null = () => null,
  ) {
    this.placement = placement;
    this.#relayOf = relayOf;
    const rows = earlierLife(this.time.nowMs());
    this.postgres.keep({ symbol: MOVED, frames: rows.frames });
    for (const symbol of SYMBOLS) {
      const earlier: StoredRow[] = this.postgres.rowsOf(symbol);
      this.#rooms.set(symbol, new ModelRoom(symbol, earlier, () => this.nowUs));
      this.producer.learn(
        symbol,
        earlier.map(({ event }) => event),
      );
    }
  }

  get rooms(): Iterable<ModelRoom> {
    return this.#rooms.values();
  }
  get nowUs(): Cursor {
    return (this.time.nowMs() * 1_000) as Cursor;
  }
  /** Events in the log of each host. */
  get logEvents(): number[] {
    return Array.from(this.#hosts.values(), (host) => host.logEvents);
  }
  /** A room may not know what was before it: Postgres is away, or a host that had it is not done with it. */
  get mayNotKnow(): boolean {
    const sinceMs = this.time.nowMs() - this.#awayUntilMs;
    return this.postgres.mode === "away" || this.disks.isMoving || sinceMs < AWAY_FELT_MS;
  }

  room(symbol: SymbolName): ModelRoom {
    return this.#rooms.get(symbol) ?? expect.fail(`there is no ${symbol}`);
  }

  /** Where the next viewer of a symbol sits. */
  nextSeat(symbol: SymbolName): Seat {
    const host = hostOf(symbol, this.placement);
    const nth = this.seats.viewers.length;
    return { host, relay: this.#relayOf(nth, host), symbol, stream: this.streamOf(nth) };
  }

  objectOf({ host, relay }: Omit<Seat, "symbol">): HostWorld | RelayWorld {
    return relay === null ? this.host(host) : this.#relay(relay);
  }

  hostOf(symbol: SymbolName): HostWorld {
    return this.host(hostOf(symbol, this.placement));
  }

  host(name: HostName): HostWorld {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const host = new HostWorld({
      ...{ name, time: this.time, postgres: this.postgres },
      observer: this.disks.observerOf(name),
      sockets: () => this.seats.on(name),
      relays: {
        feed: (relay, feed) =>
          this.wire.carry(feed, (arrived) =>
            streamsOfRelay(relay) === null
              ? this.#relay(relay).feed(arrived)
              : this.streams.feedOf(partsOfRelay(relay).host, arrived),
          ),
      },
      asleep: () => this.seats.asleepOn(name),
      placement: () => this.placement,
      keeper: {
        announce: async (one, placement) => this.#placements.announce(one, placement),
        ownHostsAfter: async (one, most) => this.#placements.ownHostsAfter(one, most),
        alertRules: async () => this.alerts.catalog(),
      },
      notify: async (notices) => this.alerts.heard(notices),
      others: {
        namesAfter: (one, ...page) =>
          this.host(one).asked(async (core) => core.namesAfter(...page)),
        handOver: (one, ...symbol) => this.host(one).asked((core) => core.handOver(...symbol)),
        hadParts: (one, ...parts) => this.host(one).asked(async (core) => core.hadParts(...parts)),
      },
    });
    this.#hosts.set(name, host);
    return host;
  }

  /** The platform takes hosts out of memory; it does so only while nothing is under way in them. */
  async sleep(): Promise<void> {
    await this.pass(QUIET_MS);
    for (const object of this.#objects) {
      if (!object.maySleep) continue;
      object.end();
      for (const viewer of this.seats.on(object.name)) {
        viewer.hasFailed = false;
        viewer.isKnownToFail = false;
      }
    }
    if (this.streams.maySleep) this.streams.end();
    await this.acknowledgeWhatIsDue();
  }

  /** The process of the hosts dies, and its sockets with it. */
  async crash(): Promise<void> {
    await settle();
    for (const host of this.#hosts.values()) this.#end(host);
  }

  /** The processes of the relays die. */
  async crashRelays(): Promise<void> {
    await settle();
    for (const relay of this.#relays.values()) this.#end(relay);
    this.streams.crash();
  }

  /** Everything dies in one moment. */
  async crashAll(): Promise<void> {
    await settle();
    for (const object of this.#objects) this.#end(object);
    this.streams.crash();
  }

  /** There are other settings: every host begins anew with them, when it is asked for. */
  async place(placement: Placement): Promise<void> {
    await this.crash();
    this.disks.isMoving = true;
    for (const room of this.rooms) room.placedAnew();
    this.placement = placement;
  }

  /** Lets time pass; alarms go off when they are due. */
  async pass(ms: number): Promise<void> {
    let leftMs = ms;
    for (;;) {
      const next = this.#nextAlarm();
      const alarmAtMs = next?.alarmAtMs ?? Number.POSITIVE_INFINITY;
      const untilMs = Math.max(0, alarmAtMs - this.time.nowMs());
      if (next === null || untilMs > leftMs) break;
      await this.time.pass(untilMs);
      leftMs -= untilMs;
      next.fireAlarm();
    }
    await this.time.pass(leftMs);
    await this.acknowledgeWhatIsDue();
  }

  /** Lets time pass until the work is done. */
  until<T>(work: Promise<T>): Promise<T> {
    return this.time.until(work, () => this.pass(500));
  }

  /** One turn of the event loop: the next slice of a fan-out, or whatever else is due. */
  async turn(): Promise<void> {
    await this.time.turn();
    await this.acknowledgeWhatIsDue();
  }

  async turnBack(ms: number): Promise<void> {
    this.time.turnBack(ms);
  }

  async setPostgres(mode: FakePostgres["mode"]): Promise<void> {
    if (this.postgres.mode === "away") this.#awayUntilMs = this.time.nowMs();
    this.postgres.mode = mode;
  }

  /** Postgres takes nothing of one symbol from here on; null: it takes all. */
  async refuse(symbol: SymbolName | null): Promise<void> {
    this.postgres.refused = symbol;
  }

  /** Retention drops every so many of the rows of a symbol, up to a part of them. */
  async expire(symbol: SymbolName, far: number, every: number): Promise<void> {
    const rows = this.postgres.rowsOf(symbol);
    const gone = rows.slice(0, Math.ceil(rows.length * far)).filter((_, nth) => nth % every === 0);
    this.postgres.expire(symbol, gone);
    this.room(symbol).tape.expire(gone);
  }

  /** Another, empty database is in the place of the one there was. */
  async replacePostgres(): Promise<void> {
    this.postgres.replace();
    for (const room of this.rooms) room.replaced();
  }

  /** A host hears which database there is, as from the keeper. */
  async meetDatabase(): Promise<void> {
    if (this.postgres.mode === "away") return;
    for (const { core } of this.#hosts.values()) core.meetDatabase(this.postgres.identity);
    await settle();
  }

  /** Acks arrive a step after they were sent: the network takes one for it. */
  async acknowledgeWhatIsDue(): Promise<void> {
    await settle();
    for (const { viewer, cursor } of this.seats.arrivedAcks()) this.heard(viewer, cursor);
    await settle();
    this.seats.sendDueAcks();
    this.streams.sendDueAcks();
  }

  /** A viewer's ack arrives where the viewer sits. */
  heard(viewer: ModelViewer, cursor: number): void {
    const seat = this.seats.of(viewer);
    this.objectOf(seat).core.heard(seat.symbol, viewer, JSON.stringify({ type: "ack", cursor }));
  }

  /** Call it after each step. */
  throwFailures(): void {
    this.disks.throwFailure();
    this.streams.throwFailure();
    for (const viewer of this.seats.viewers) {
      if (viewer.failure !== null) throw viewer.failure;
      viewer.isKnownToFail = viewer.hasFailed;
    }
  }

  get #objects(): (HostWorld | RelayWorld)[] {
    return [...this.#hosts.values(), ...this.#relays.values()];
  }

  #end(object: HostWorld | RelayWorld): void {
    for (const viewer of this.seats.on(object.name)) viewer.state = "closed";
    object.end();
  }

  #nextAlarm(): Pick<HostWorld, "alarmAtMs" | "fireAlarm"> | null {
    let next: Pick<HostWorld, "alarmAtMs" | "fireAlarm"> | null = null;
    for (const object of [...this.#objects, this.streams]) {
      if (object.alarmAtMs === null) continue;
      if (next?.alarmAtMs == null || object.alarmAtMs < next.alarmAtMs) next = object;
    }
    return next;
  }

  #relay(name: RelayName): RelayWorld {
    const known = this.#relays.get(name);
    if (known !== undefined) return known;
    const { host } = partsOfRelay(name);
    const relay = new RelayWorld({
      ...{ name, time: this.time },
      sockets: () => this.seats.on(name),
      asleep: () => this.seats.asleepOn(name),
      ask: (ask) => this.host(host).asked((core) => ask(core.feeding)),
    });
    this.#relays.set(name, relay);
    return relay;
  }
}
