import { expect } from "vitest";
import { HostCore } from "../../../durable/host/host-core.ts";
import type { HostPorts, HostSettings } from "../../../durable/host/host-ports.ts";
import type { LogKeeping } from "../../../durable/host/log/host-log.ts";
import type { FanOutPace } from "../../../durable/room/viewers/fan-out-pace.ts";
import type { MessageLimits } from "../../../durable/room/viewers/messages/messages.ts";
import type { ViewerAttachment, ViewerSocket } from "../../../durable/room/viewers/viewer.ts";
import { type HostName, type Placement, symbolOf } from "../../../src/core/placement/placement.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { FakeTime } from "../room/fake-time.ts";
import type { FakePostgres } from "./fake-postgres.ts";
import { type DiskObserver, type ObservedSql, observedSql } from "./log/observed-sql.ts";
import { heardBy, type Life, modelPlatform, newLife } from "./model-platform.ts";

const SLOW_STORE_MS = 5;

// All small, so that windows fill, generations of the log turn over and fan-out lags within a few steps.
export const WINDOW_BYTES = 16_000;
export const KEEPING: LogKeeping = { events: 300, bytes: 60_000, recentBytes: 8_000 };
export const MESSAGE_LIMITS: MessageLimits = { events: 80, chars: 6_000 };
/** One viewer is sent to at once, more of them two in a slice. */
export const PACE: FanOutPace = {
  sendMs: () => 1,
  atOnceMs: 1,
  sliceMs: 2,
  pauseMs: (costMs) => (costMs > 2 ? 6 : 0),
  took: () => undefined,
};
export const NO_LIMITS = {
  ...{ LIMIT_OUTBOX_BYTES: 0, LIMIT_SERIES: 0, LIMIT_NEW_ROOMS: 0 },
  ...{ LIMIT_VIEWERS: 0, LIMIT_SOCKETS_PER_VIEWER: 0, LIMIT_CONNECTS_PER_MINUTE: 0 },
  ...{ LIMIT_MESSAGE_BYTES: 0, LIMIT_MESSAGES_PER_SECOND: 0 },
};

/** Names the log of a host: its disk is never another one. */
export function logIdOf(host: HostName): LogId {
  return `log-of-${host}` as LogId;
}

export type Asleep = Iterable<readonly [SymbolName, ViewerSocket, ViewerAttachment]>;

export interface HostWorldDeps {
  name: HostName;
  time: FakeTime;
  postgres: FakePostgres;
  observer: DiskObserver;
  sockets(): Iterable<ViewerSocket>;
  /** The sockets that slept with the host. */
  asleep(): Asleep;
  /** By which settings the next life lives. */
  placement(): Placement;
  keeper: HostPorts["keeper"];
  others: HostPorts["others"];
  relays: HostPorts["relays"];
  notify: HostPorts["notify"];
}

/** What a host finds around it: a disk, an alarm, Postgres, other hosts. It outlives every life of the host. */
export class HostWorld {
  readonly name: HostName;
  /** When the alarm goes off; null where none is set. */
  alarmAtMs: number | null = null;
  readonly #deps: HostWorldDeps;
  readonly #sql: ObservedSql;
  #core: HostCore | null = null;
  #life: Life = newLife();

  constructor(deps: HostWorldDeps) {
    this.name = deps.name;
    this.#deps = deps;
    this.#sql = observedSql(deps.observer);
  }

  /** The host, which begins a life where it has none, with what is on the disk. */
  get core(): HostCore {
    this.#core ??= this.#begin();
    return this.#core;
  }
  /** Nothing is under way that keeps the platform from putting the host to sleep. */
  get maySleep(): boolean {
    return this.#life.pending === 0;
  }
  get logEvents(): number {
    return this.#sql.logEvents();
  }
  get prunedThrough(): Cursor {
    return this.#sql.prunedThrough();
  }

  /** This life is over, asleep or dead; whoever asks for the host next begins another. */
  end(): void {
    this.#deps.time.forgetTimers(this.#life);
    this.#life.isOver = true;
    for (const fail of this.#life.calls) fail();
    this.#core = null;
  }

  /** Another host asks this one: that keeps it awake, and fails where it dies. */
  async asked<T>(ask: (core: HostCore) => Promise<T>): Promise<T> {
    const { core } = this;
    const life = this.#life;
    const { promise: died, reject } = Promise.withResolvers<never>();
    const fail = () => reject(new Error(`${this.name} died`));
    life.calls.add(fail);
    life.pending += 1;
    try {
      return await Promise.race([ask(core), died]);
    } finally {
      life.calls.delete(fail);
      life.pending -= 1;
    }
  }

  /** The alarm goes off, as the platform's does. */
  fireAlarm(): void {
    this.alarmAtMs = null;
    this.core.alarm();
  }

  #begin(): HostCore {
    this.#life = newLife();
    const { ROOM_HOSTS, ROOM_DEDICATED } = this.#deps.placement();
    const settings: HostSettings = {
      limits: { ...NO_LIMITS, ROOM_HOSTS, ROOM_DEDICATED: [...ROOM_DEDICATED] },
      keeping: KEEPING,
      partLimit: { events: 60, bytes: 100_000, firstShare: 1 / 4 },
      windowBytes: WINDOW_BYTES,
      pace: PACE,
      messageLimits: MESSAGE_LIMITS,
    };
    return new HostCore(settings, this.#ports(this.#life), this.#deps.asleep());
  }

  #ports(life: Life): HostPorts {
    const { name, time, postgres, sockets, keeper, others, relays, notify } = this.#deps;
    return {
      ...modelPlatform(life, {
        ...{ time, sql: this.#sql, world: this },
        failed: (error) => {
          throw error;
        },
      }),
      name,
      newId: () => logIdOf(name),
      turn: () => new Promise((resolve) => time.setTimer(resolve, 0, life)),
      breathe: async () => {},
      writer: {
        store: async (request) => {
          expect(request.host).toBe(name);
          if (postgres.mode === "slow") await time.wait(SLOW_STORE_MS);
          // What a host had under way when it died is stored, and nobody hears of it.
          return heardBy(life, Promise.resolve(postgres.store(request)));
        },
        identity: () => postgres.identityNow(),
      },
      archiveOf: (symbol) => postgres.archiveOf(symbol),
      names: {
        readStored: () => {
          // A host of one symbol need not read the names of all.
          expect(symbolOf(name)).toBeNull();
          return postgres.readStored();
        },
        find: (symbols) => postgres.find(symbols),
        readPrices: async () => new Map(),
      },
      ...{ keeper, sockets },
      notify: (notices) => heardBy(life, notify(notices)),
      others: {
        namesAfter: (...page) => heardBy(life, others.namesAfter(...page)),
        handOver: (...symbol) => heardBy(life, others.handOver(...symbol)),
        hadParts: (...parts) => heardBy(life, others.hadParts(...parts)),
      },
      relays: { feed: (...fed) => heardBy(life, relays.feed(...fed)) },
      firstEdition: null,
      restart: (why) => expect.fail(`the host restarts: ${why}`),
    };
  }
}
