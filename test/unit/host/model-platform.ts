import { Clock } from "../../../durable/clock.ts";
import type { HostPorts } from "../../../durable/host/host-ports.ts";
import type { FakeTime } from "../room/fake-time.ts";

/** One life of an object of a model. */
export interface Life {
  /** Work under way. */
  pending: number;
  isOver: boolean;
  /** Called when it is over: whoever waits for its answer hears of it. */
  calls: Set<() => void>;
}

export function newLife(): Life {
  return { pending: 0, isOver: false, calls: new Set() };
}

/** An answer, which an object that is no more does not hear. */
export function heardBy<T>(life: Life, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    answer.then(
      (value) => life.isOver || resolve(value),
      (error: unknown) => life.isOver || reject(error),
    );
  });
}

const nothing = () => undefined;
export const SILENT: HostPorts["logger"] = {
  ...{ debug: nothing, info: nothing, warn: nothing, error: nothing },
  isEnabledFor: () => false,
};

export interface ModelPlatformDeps {
  time: FakeTime;
  sql: HostPorts["sql"];
  /** Whose alarm it is. */
  world: { alarmAtMs: number | null };
  /** Work that kept the object awake has failed. */
  failed(error: unknown): void;
}

/** What the platform of a model gives to one life of an object, whichever it is. */
export function modelPlatform(life: Life, { time, sql, world, failed }: ModelPlatformDeps) {
  return {
    sql: {
      exec: (query, ...bindings) => {
        if (life.isOver) throw new Error("an object that is no more writes on its disk");
        return sql.exec(query, ...bindings);
      },
    },
    clock: new Clock({
      nowMs: time.nowMs,
      setTimer: (fire, ms) => time.setTimer(fire, ms, life),
    }),
    random: () => 0.5,
    keepAwake: (work) => {
      life.pending += 1;
      const done = () => {
        life.pending -= 1;
      };
      void work.then(done, (error: unknown) => {
        done();
        failed(error);
      });
    },
    alarm: {
      atMs: () => world.alarmAtMs,
      set: (atMs) => {
        world.alarmAtMs = atMs;
      },
    },
    closingSockets: () => 0,
    setAutoResponse: () => undefined,
    logger: SILENT,
  } satisfies Partial<HostPorts>;
}
