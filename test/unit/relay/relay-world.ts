import { expect } from "vitest";
import { RelayCore } from "../../../durable/relay/relay-core.ts";
import type { RelayPorts } from "../../../durable/relay/relay-ports.ts";
import type { ViewerSocket } from "../../../durable/room/viewers/viewer.ts";
import type { FeedAnswer, FeedingCalls, RelayFeed } from "../../../src/bindings/relay.ts";
import type { RelayName } from "../../../src/core/placement/relaying.ts";
import { type Asleep, MESSAGE_LIMITS, NO_LIMITS, PACE, WINDOW_BYTES } from "../host/host-world.ts";
import { heardBy, type Life, modelPlatform, newLife } from "../host/model-platform.ts";
import type { FakeTime } from "../room/fake-time.ts";
import { memorySql } from "../room/sqlite-port.ts";

/** What happens to feeds: `lost` before or after they came, `doubled` with a copy that comes later, or all `late`. */
export const WIRE_MODES = ["well", "lost", "unanswered", "doubled", "late"] as const;

const LATE_MS = 400;

/** Carries feeds from hosts to relays, well or badly. */
export class Wire {
  mode: (typeof WIRE_MODES)[number] = "well";
  readonly #time: FakeTime;

  constructor(time: FakeTime) {
    this.#time = time;
  }

  async carry(
    feed: RelayFeed,
    arrive: (feed: RelayFeed) => Promise<FeedAnswer>,
  ): Promise<FeedAnswer> {
    const { mode } = this;
    const arrived = structuredClone(feed);
    if (mode === "lost") throw new Error("the feed is lost");
    if (mode === "late") await this.#time.wait(LATE_MS);
    const answer = await arrive(arrived);
    if (mode === "doubled") {
      void this.#time
        .wait(LATE_MS)
        .then(() => arrive(structuredClone(feed)).catch(() => undefined));
    }
    if (mode === "unanswered") throw new Error("the answer is lost");
    return answer;
  }
}

export interface RelayWorldDeps {
  name: RelayName;
  time: FakeTime;
  sockets(): Iterable<ViewerSocket>;
  /** The sockets that slept with the relay. */
  asleep(): Asleep;
  /** Asks its host. */
  ask<T>(ask: (host: HostFeeding) => Promise<T>): Promise<T>;
}

/** As a host's core has it: some of it answers at once. */
type HostFeeding = {
  [Name in keyof FeedingCalls]: (
    ...args: Parameters<FeedingCalls[Name]>
  ) => ReturnType<FeedingCalls[Name]> | Awaited<ReturnType<FeedingCalls[Name]>>;
};

/** What a relay finds around it. It outlives every life of the relay. */
export class RelayWorld {
  readonly name: RelayName;
  /** When the alarm goes off; null where none is set. */
  alarmAtMs: number | null = null;
  readonly #deps: RelayWorldDeps;
  readonly #sql = memorySql();
  #core: RelayCore | null = null;
  #life: Life = newLife();

  constructor(deps: RelayWorldDeps) {
    this.name = deps.name;
    this.#deps = deps;
  }

  /** The relay, which begins a life where it has none. */
  get core(): RelayCore {
    if (this.#core === null) {
      this.#life = newLife();
      const settings = {
        ...{ limits: NO_LIMITS, windowBytes: WINDOW_BYTES, messageLimits: MESSAGE_LIMITS },
        ...{ pace: PACE, recentBytes: 8_000 },
      };
      this.#core = new RelayCore(settings, this.#ports(this.#life), this.#deps.asleep());
    }
    return this.#core;
  }

  /** Nothing is under way that keeps the platform from putting the relay to sleep. */
  get maySleep(): boolean {
    return this.#life.pending === 0;
  }

  end(): void {
    this.#deps.time.forgetTimers(this.#life);
    this.#life.isOver = true;
    for (const fail of this.#life.calls) fail();
    this.#core = null;
  }

  async feed(feed: RelayFeed): Promise<FeedAnswer> {
    return structuredClone(this.core.feed(feed));
  }

  fireAlarm(): void {
    this.alarmAtMs = null;
    this.core.alarm();
  }

  #ports(life: Life): RelayPorts {
    const { name, time, sockets } = this.#deps;
    const call = async <T>(ask: (host: HostFeeding) => T | Promise<T>): Promise<T> => {
      const answer = this.#deps.ask(async (host) => structuredClone(await ask(host)));
      return heardBy(life, answer);
    };
    return {
      ...modelPlatform(life, {
        ...{ time, sql: this.#sql, world: this },
        failed: (error) => expect.fail(`the relay fails: ${String(error)}`),
      }),
      ...{ name, sockets },
      host: {
        watch: (...args) => call((host) => host.watch(...args)),
        unwatch: (...args) => call((host) => host.unwatch(...args)),
        stillWatches: (...args) => call((host) => host.stillWatches(...args)),
        readPage: (...args) => call((host) => host.readPage(...args)),
        readMinute: (...args) => call((host) => host.readMinute(...args)),
      },
      rowId: 0,
    };
  }
}
