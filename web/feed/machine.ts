import type { Clock } from "./clock.ts";

/** Clock and chance of one message: a reducer has neither of its own. */
export interface Moment {
  nowMs: number;
  /** In [0, 1). */
  random: number;
}

export interface Step<State, Effect> {
  state: State;
  effects: readonly Effect[];
}

export function step<State, Effect>(
  state: State,
  ...effects: NoInfer<Effect>[]
): Step<State, Effect> {
  return { state, effects };
}

/** What a feed is, without the world. */
export interface Machine<State, Message, Effect> {
  /** The next state, and what is to be done about it. Pure. */
  reduce(state: State, message: Message | Tick, moment: Moment): Step<State, Effect>;
  /** When the state next wants a `tick`, in ms; infinity where nothing is due. */
  wakeMs(state: State): number;
}

/** The moment asked for has come. */
export interface Tick {
  type: "tick";
}

export interface Running<State, Message> {
  state(): State;
  /** One message at a time: what an effect brings about waits until the effects before it are done. */
  send(message: Message): void;
  /** No message is taken any more. */
  stop(): void;
}

/** What is done about each effect. */
export type Performers<Effect extends { type: string }> = {
  [T in Effect["type"]]: (effect: Extract<Effect, { type: T }>) => void;
};

/** Runs a machine over a clock; `performers` do what it asks for. */
export function run<State, Message, Effect extends { type: string }>(
  machine: Machine<State, Message, Effect>,
  initial: State,
  clock: Clock,
  performers: Performers<Effect>,
): Running<State, Message> {
  // Its type chooses the performer, so that fits; TypeScript cannot follow two unions at once.
  const perform = (effect: Effect) =>
    (performers[effect.type as Effect["type"]] as (effect: Effect) => void)(effect);
  let state = initial;
  const queue: (Message | Tick)[] = [];
  let isRunning = false;
  let isStopped = false;
  let timer: { atMs: number; cancel(): void } | null = null;
  return {
    state: () => state,
    send,
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };

  function send(message: Message | Tick): void {
    queue.push(message);
    if (isRunning) return;
    isRunning = true;
    try {
      for (let next = queue.shift(); next !== undefined && !isStopped; next = queue.shift()) {
        const step = machine.reduce(state, next, { nowMs: clock.nowMs(), random: clock.random() });
        state = step.state;
        for (const effect of step.effects) perform(effect);
      }
    } finally {
      isRunning = false;
    }
    arrangeTimer();
  }

  function arrangeTimer(): void {
    const atMs = isStopped ? Number.POSITIVE_INFINITY : machine.wakeMs(state);
    if (timer?.atMs === atMs) return;
    timer?.cancel();
    timer = null;
    if (atMs === Number.POSITIVE_INFINITY) return;
    const cancel = clock.setTimer(
      () => {
        timer = null;
        send({ type: "tick" });
      },
      Math.max(0, atMs - clock.nowMs()),
    );
    timer = { atMs, cancel };
  }
}
