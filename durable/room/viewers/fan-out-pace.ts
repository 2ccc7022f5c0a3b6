/** How a room sends what is appended to it to those who are live. */
export interface FanOutPace {
  /** What it costs to send a message of so many characters to one viewer, in ms. */
  sendMs: (chars: number) => number;
  /** What costs no more than this goes out at once: an acknowledgement may wait for it. */
  atOnceMs: number;
  /** After so much of it the event loop has a turn, so that nothing else waits for long. */
  sliceMs: number;
  /**
   * How long a viewer is left alone after a round of messages that cost so much: nothing that a timer could tell for a few viewers,
   * longer the more there are. What is appended meanwhile goes out together (SPEC E-4).
   */
  pauseMs: (costMs: number) => number;
  /** What was taken for `costMs` took the thread so long, the turn behind it included. */
  took: (costMs: number, ms: number) => void;
}

/** What one message to one viewer costs workerd at the least, in ms, measured on the bare runtime (bench/bare). */
const SEND_MS = 0.025;
/** And for each character of it. */
const CHAR_MS = 0.5e-6;
/** Fan-out takes at most this part of the thread: the rest is for appends, acknowledgements and other rooms. */
const FAN_OUT_SHARE = 0.9;
/** Shorter slices say nothing: a clock has a grain of 1 ms, and a turn takes as long. */
const TELLING_MS = 4;
const TURN_MS = 1;
/** A machine is believed to be so much slower at most. */
const MOST_TIMES = 2.5;
/** What is faster than expected is believed at once: what is slower may have been the work of others. */
const SLOWER_WEIGHT = 0.1;

/**
 * The pace of the rooms of an object. The clock of a Worker stands still within a turn, so what is sent is counted, and by the
 * turns behind slices the room learns how many times the least each message takes on its machine.
 */
export class MeasuredPace implements FanOutPace {
  readonly atOnceMs = 1;
  readonly sliceMs = 8;
  #times = 1;

  readonly sendMs = (chars: number): number => this.#times * (SEND_MS + chars * CHAR_MS);

  readonly pauseMs = (costMs: number): number => {
    const pauseMs = costMs / FAN_OUT_SHARE - costMs;
    return pauseMs < 1 ? 0 : Math.ceil(pauseMs);
  };

  readonly took = (costMs: number, ms: number): void => {
    if (costMs < TELLING_MS) return;
    const least = costMs / this.#times;
    const times = Math.min(MOST_TIMES, Math.max(1, (ms - TURN_MS) / least));
    if (times < this.#times) this.#times = times;
    else this.#times += (times - this.#times) * SLOWER_WEIGHT;
  };
}

/** That of this isolate, which is one thread for all of its objects. */
export const FAN_OUT_PACE = new MeasuredPace();
