/**
 * What one message to one viewer costs workerd, in ms: 23 to 28 microseconds whatever its size, measured on the bare
 * runtime (bench/bare). The clock of a Worker stands still within a request, so the cost is counted, not timed.
 */
const SEND_MS = 0.025;
/** Fan-out takes at most this part of the thread: the rest is for appends, acknowledgements and other rooms. */
const FAN_OUT_SHARE = 0.5;

/** How fast a room sends what is appended to it to those who are live. */
export interface FanOutPace {
  /** Most messages of one flush, so that a huge batch does not hold up everything else. */
  messagesAFlush: number;
  /**
   * How long the room waits after a flush before the next: nothing that a timer could tell while it is quiet, longer
   * the more the fan-out costs. What is appended meanwhile goes out together, up to 50 events a message (SPEC E-4).
   */
  pauseMs: (viewers: number, messages: number) => number;
}

export const FAN_OUT_PACE: FanOutPace = {
  messagesAFlush: 20,
  pauseMs: (viewers, messages) => {
    const pauseMs = (viewers * messages * SEND_MS) / FAN_OUT_SHARE;
    return pauseMs < 1 ? 0 : Math.ceil(pauseMs);
  },
};
