import { expect } from "vitest";
import { Clock } from "../../../durable/clock.ts";
import type { LogKeeping } from "../../../durable/room/log/log.ts";
import type { LogFrame } from "../../../durable/room/log/log-row.ts";
import { RoomCore } from "../../../durable/room/room-core.ts";
import type { RoomPorts, RoomSettings } from "../../../durable/room/room-ports.ts";
import type { FanOutPace } from "../../../durable/room/viewers/fan-out-pace.ts";
import type { MessageLimits } from "../../../durable/room/viewers/messages.ts";
import type { ViewerAttachment, ViewerSocket } from "../../../durable/room/viewers/viewer.ts";
import type { Cursor } from "../../../src/protocol/time.ts";
import { type FakePostgres, SYMBOL } from "./fake-postgres.ts";
import type { FakeTime } from "./fake-time.ts";
import { observedSql } from "./sqlite-port.ts";

const SLOW_STORE_MS = 5;

// All small, so that windows fill, logs are pruned and fan-out lags within a few steps.
export const WINDOW_BYTES = 16_000;
export const KEEPING: LogKeeping = {
  events: 300,
  slackEvents: 60,
  bytes: 60_000,
  recentBytes: 8_000,
};
const MESSAGE_LIMITS: MessageLimits = { events: 80, chars: 6_000 };
/** One viewer is sent to at once, more of them two in a slice. */
const PACE: FanOutPace = {
  sendMs: () => 1,
  atOnceMs: 1,
  sliceMs: 2,
  pauseMs: (costMs) => (costMs > 2 ? 6 : 0),
};
const SETTINGS: RoomSettings = {
  limits: {
    LIMIT_OUTBOX_BYTES: 0,
    LIMIT_SERIES: 0,
    LIMIT_VIEWERS: 0,
    LIMIT_SOCKETS_PER_VIEWER: 0,
    LIMIT_CONNECTS_PER_MINUTE: 0,
    LIMIT_MESSAGE_BYTES: 0,
    LIMIT_MESSAGES_PER_SECOND: 0,
  },
  keeping: KEEPING,
  windowBytes: WINDOW_BYTES,
  pace: PACE,
  messageLimits: MESSAGE_LIMITS,
  partLimit: { events: 60, bytes: 100_000 },
};

export interface RoomWorldDeps {
  time: FakeTime;
  postgres: FakePostgres;
  /** What the directory says to a room whose log is new. */
  earlierPlace: "nowhere" | "postgres";
  /** A row was appended, and no viewer has it yet. */
  onAppended: (frames: LogFrame[]) => void;
  /** Frames up to a cursor can only be in Postgres. */
  onPruned: (through: Cursor) => void;
}

/** What a room finds around it: a disk, an alarm, Postgres, a directory. It outlives every life of the room. */
export class RoomWorld {
  readonly #deps: RoomWorldDeps;
  readonly #sql: ReturnType<typeof observedSql>;
  #alarmAtMs: number | null = null;
  #core: RoomCore;
  /** Work of this life that keeps the platform from putting the room to sleep. */
  #pending = 0;
  #life = 0;

  constructor(deps: RoomWorldDeps) {
    this.#deps = deps;
    this.#sql = observedSql(deps);
    this.#core = this.#begin([]);
  }

  get core(): RoomCore {
    return this.#core;
  }
  get lives(): number {
    return this.#life;
  }
  get maySleep(): boolean {
    return this.#pending === 0;
  }
  get logEvents(): number {
    return this.#sql.logEvents();
  }
  get prunedThrough(): number {
    return this.#sql.prunedThrough();
  }

  /** This life is over, asleep or dead, and the next begins with what is on the disk. */
  beginAnew(asleep: Iterable<readonly [ViewerSocket, ViewerAttachment]>): void {
    this.#core = this.#begin(asleep);
  }

  /** Lets time pass; the alarm goes off when it is due, as the platform's does. */
  async pass(ms: number, sockets: () => Iterable<ViewerSocket>): Promise<void> {
    const { time } = this.#deps;
    let leftMs = ms;
    for (;;) {
      const untilAlarmMs = Math.max(
        0,
        (this.#alarmAtMs ?? Number.POSITIVE_INFINITY) - time.nowMs(),
      );
      if (untilAlarmMs > leftMs) break;
      await time.pass(untilAlarmMs);
      leftMs -= untilAlarmMs;
      this.#alarmAtMs = null;
      this.#core.alarm(sockets());
    }
    await time.pass(leftMs);
  }

  #begin(asleep: Iterable<readonly [ViewerSocket, ViewerAttachment]>): RoomCore {
    this.#life += 1;
    this.#pending = 0;
    return new RoomCore(SYMBOL, SETTINGS, this.#ports(this.#life), asleep);
  }

  #ports(life: number): RoomPorts {
    const { time, postgres, earlierPlace } = this.#deps;
    const isAlive = () => life === this.#life;
    return {
      sql: this.#sql,
      clock: new Clock(time),
      random: () => 0.5,
      keepAwake: (work) => {
        this.#pending += 1;
        void work.finally(() => {
          if (isAlive()) this.#pending -= 1;
        });
      },
      alarm: {
        atMs: () => this.#alarmAtMs,
        set: (atMs) => {
          this.#alarmAtMs = atMs;
        },
      },
      writer: {
        store: async ({ symbol, frames }) => {
          expect(symbol).toBe(SYMBOL);
          // A dead room's call may still be under way when the next one starts: what it carries is in the log as well.
          if (!isAlive()) return new Promise(() => {});
          if (postgres.mode === "slow") await time.wait(SLOW_STORE_MS);
          return postgres.store(frames);
        },
        identity: async () => (postgres.mode === "away" ? null : postgres.identity),
      },
      archive: postgres,
      directory: { earlierPlace: async () => earlierPlace, report: async () => undefined },
      closingSockets: () => 0,
      setAutoResponse: () => undefined,
      sync: async () => undefined,
      restart: (why) => expect.fail(`the room restarts: ${why}`),
      logger: SILENT,
    };
  }
}

const nothing = () => undefined;
const SILENT: RoomPorts["logger"] = {
  ...{ debug: nothing, info: nothing, warn: nothing, error: nothing },
  isEnabledFor: () => false,
};
