/** What the platform counts of the objects of one class, and bills. */
export interface Counters {
  /** RPC calls and fetches, a WebSocket upgrade among them. */
  calls: number;
  alarms: number;
  /** Incoming WebSocket messages that reach the object; pings answered for it do not. */
  messages: number;
  alarmsSet: number;
  rowsRead: number;
  /** `setAlarm` and the storage's other writes are not in it. */
  rowsWritten: number;
  keysRead: number;
  keysWritten: number;
  /** Objects that were made in memory: each time its constructor reads what it needs. */
  wakes: number;
}

export type Usage = Counters & {
  objects: number;
  /** Time in which an object could not hibernate, over all objects, in ms. */
  awakeMs: number;
};

/** Of all that runs in one isolate. */
export interface Reading {
  /** Requests of clients. */
  requests: number;
  logLines: number;
  classes: Record<string, Usage>;
}

const NONE: Counters = {
  ...{ calls: 0, alarms: 0, messages: 0, alarmsSet: 0 },
  ...{ rowsRead: 0, rowsWritten: 0, keysRead: 0, keysWritten: 0, wakes: 0 },
};

/**
 * The time in which one object cannot hibernate: an event is being handled, or a timer, `waitUntil`, call or fetch is pending.
 * That is what is billed; an object that is idle and could hibernate is not, even before it does.
 */
export class AwakeTime {
  #pending = 0;
  #sinceMs = 0;
  #endedMs = 0;

  begin(nowMs: number): void {
    if (this.#pending === 0) this.#sinceMs = nowMs;
    this.#pending += 1;
  }

  end(nowMs: number): void {
    this.#pending -= 1;
    if (this.#pending === 0) this.#endedMs += nowMs - this.#sinceMs;
  }

  /** Up to now, in ms. */
  total(nowMs: number): number {
    return this.#endedMs + (this.#pending > 0 ? nowMs - this.#sinceMs : 0);
  }
}

/** One object, over all its lives in memory. */
export class ObjectMeter {
  readonly counters: Counters;
  readonly awake = new AwakeTime();
  readonly #nowMs: () => number;

  constructor(counters: Counters, nowMs: () => number) {
    this.counters = counters;
    this.#nowMs = nowMs;
  }

  /** Something is pending; gives what is to be called once when it no longer is. */
  begin(): () => void {
    this.awake.begin(this.#nowMs());
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.awake.end(this.#nowMs());
    };
  }

  /** Awake until the work is done. */
  during<Result>(work: () => Result): Result {
    const end = this.begin();
    try {
      const result = work();
      if (result instanceof Promise) void result.then(end, end);
      else end();
      return result;
    } catch (error) {
      end();
      throw error;
    }
  }
}

/** Counts what the objects of an isolate do. Pure: whoever watches them tells it. */
export class Meter {
  requests = 0;
  logLines = 0;
  readonly #nowMs: () => number;
  readonly #counters = new Map<string, Counters>();
  readonly #objects = new Map<string, Map<string, ObjectMeter>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  countersOf(name: string): Counters {
    let counters = this.#counters.get(name);
    if (counters === undefined) {
      counters = { ...NONE };
      this.#counters.set(name, counters);
    }
    return counters;
  }

  object(name: string, id: string): ObjectMeter {
    let objects = this.#objects.get(name);
    if (objects === undefined) {
      objects = new Map();
      this.#objects.set(name, objects);
    }
    let object = objects.get(id);
    if (object === undefined) {
      object = new ObjectMeter(this.countersOf(name), this.#nowMs);
      objects.set(id, object);
    }
    return object;
  }

  read(): Reading {
    const nowMs = this.#nowMs();
    const classes: Reading["classes"] = {};
    for (const [name, counters] of this.#counters) {
      const objects = [...(this.#objects.get(name)?.values() ?? [])];
      const awakeMs = objects.reduce((sum, { awake }) => sum + awake.total(nowMs), 0);
      classes[name] = { ...counters, objects: objects.length, awakeMs };
    }
    return { requests: this.requests, logLines: this.logLines, classes };
  }
}

/** What happened between two readings. */
export function between(before: Reading, after: Reading): Reading {
  const classes: Reading["classes"] = {};
  for (const [name, { objects, ...usage }] of Object.entries(after.classes)) {
    const earlier = before.classes[name];
    const grown = { ...usage, objects };
    for (const key of Object.keys(usage) as (keyof typeof usage)[])
      grown[key] -= earlier?.[key] ?? 0;
    classes[name] = grown;
  }
  return {
    requests: after.requests - before.requests,
    logLines: after.logLines - before.logLines,
    classes,
  };
}
